resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

# A key to encrypt for the application; the provider makes the pair.
resource "dcr_public_key" "minimal" {
  application_id = dcr_application.this.id
  type           = "enckey"
  private_key    = { algorithm = "RSA" }
}
