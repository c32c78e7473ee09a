resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

# Minimal: the provider makes the key and keeps it in state.
resource "dcr_transport_certificate" "minimal" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}

# Complete: the subject a deployment wants, and what destroying does.
resource "dcr_transport_certificate" "complete" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA", rsa_bits = 2048 }

  type = "rtstransport"
  subject = {
    country             = "BR"
    organization        = "Aurora Pagamentos S.A."
    organizational_unit = dcr_application.this.organisation_id
    common_name         = dcr_application.this.id
  }

  revoke_on_destroy = true
  revoke_reason     = "superseded"
}

output "certificate_expires" {
  value = dcr_transport_certificate.complete.not_after
}

# To keep the private key away from Terraform, make key and request elsewhere and give
# the request alone:
#
#   resource "dcr_transport_certificate" "own_key" {
#     application_id = dcr_application.this.id
#     csr_pem        = file("planner.csr")
#   }
