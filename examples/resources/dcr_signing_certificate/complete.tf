# Renewed a month before its end; what the key before it signed can be
# verified for two more weeks.
resource "dcr_signing_certificate" "complete" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA", rsa_bits = 2048 }
  type           = "rtssigning"

  renew_before = "30d"
  overlap      = "14d"

  revoke_on_destroy = true
  revoke_reason     = "cessationofoperation"
}

# The key ID to sign with.
output "signing_key_id" {
  value = dcr_signing_certificate.complete.kid
}
