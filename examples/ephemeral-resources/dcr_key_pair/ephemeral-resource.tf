# A key that is in neither plan nor state, and the certificate for it.
ephemeral "dcr_key_pair" "this" {
  algorithm = "RSA"
  subject   = dcr_application.this.certificate_subject
}

resource "dcr_transport_certificate" "this" {
  application_id     = dcr_application.this.id
  csr_pem_wo         = ephemeral.dcr_key_pair.this.csr_pem
  csr_pem_wo_version = 1 # another number has another certificate issued, for the key of that run
}

# Keep the key where it is used, in the same apply, with a version that changes with the certificate, for example:
#
# resource "vault_kv_secret_v2" "key" {
#   mount                = "secret"
#   name                 = "planner-transport"
#   data_json_wo         = jsonencode({ private_key = ephemeral.dcr_key_pair.this.private_key_pem })
#   data_json_wo_version = parseint(substr(sha256(dcr_transport_certificate.this.kid), 0, 8), 16)
# }

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}
