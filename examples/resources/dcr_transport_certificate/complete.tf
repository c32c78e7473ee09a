# The subject a deployment wants, when it is renewed, and what destroying does.
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

  # Within a month of its end a plan renews it, in place. The one before stays valid for
  # a week, so that everything that uses it can be moved; the first plan after that revokes it.
  renew_before = "30d"
  overlap      = "7d"

  revoke_on_destroy = true
  revoke_reason     = "cessationofoperation"
}

# The profile of Open Finance Brasil; what it repeats of the organisation comes from the directory.
resource "dcr_transport_certificate" "brazil" {
  application_id = dcr_application.this.id
  type           = "brcac_2022"
  private_key    = { algorithm = "RSA" }

  subject = {
    common_name       = "planner.example.com"
    state_or_province = "SP"
  }
}

# Tells of a renewal that is due, or that keeps failing.
check "certificate" {
  assert {
    condition     = !dcr_transport_certificate.complete.ready_for_renewal
    error_message = "The certificate expires ${dcr_transport_certificate.complete.not_after}: apply renews it."
  }
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
