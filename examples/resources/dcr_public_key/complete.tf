# The public half of a key that never comes near Terraform. Another key
# in its place is uploaded, and this one revoked a week later.
resource "dcr_public_key" "complete" {
  application_id = dcr_application.this.id
  type           = "sigkey"

  public_key_pem = <<-EOT
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELrc5F6dnUm8uxlMk6D5epguARema
    646Sci28QVJZ5WOEMviohXIVwcPpt9EPqa88oMsxJ9z2wsKg+ADrVxCD/g==
    -----END PUBLIC KEY-----
  EOT

  overlap           = "7d"
  revoke_on_destroy = true
  revoke_reason     = "superseded"
}
