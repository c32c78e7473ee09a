resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

# The provider makes the key and keeps it in state.
resource "dcr_signing_certificate" "minimal" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}
