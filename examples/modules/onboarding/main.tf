# One application in the directory, its transport certificate, its software statement, and one client at each bank.
resource "dcr_application" "this" {
  client_name         = var.client_name
  version             = 1
  redirect_uris       = var.redirect_uris
  roles               = length(var.roles) > 0 ? var.roles : null
  unlock              = var.unlock
  deletion_protection = var.deletion_protection
}

resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA", rsa_bits = 2048 }
  renew_before   = var.renew_before
}

resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}

resource "dcr_client" "this" {
  for_each = var.authorization_servers

  issuer             = each.value
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.this.private_key_pem

  client_name                = var.client_name
  redirect_uris              = var.redirect_uris
  grant_types                = var.client_metadata.grant_types
  response_types             = var.client_metadata.response_types
  scope                      = var.client_metadata.scope
  jwks_uri                   = dcr_application.this.jwks_uri
  token_endpoint_auth_method = "tls_client_auth"
  tls_client_auth_subject_dn = dcr_transport_certificate.this.subject_dn

  deletion_protection = var.deletion_protection
}

# A renewal that fails while the certificate is good is only a warning; this one does not go away.
check "certificate" {
  assert {
    condition     = dcr_transport_certificate.this.status == "Active"
    error_message = "The transport certificate of ${var.client_name} is ${dcr_transport_certificate.this.status}."
  }
}
