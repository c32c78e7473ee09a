# A bank that wants mutual TLS and a software statement.
resource "dcr_client" "complete" {
  issuer             = "https://auth.bank.example"
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.this.private_key_pem

  client_name                                = "Budget planner"
  redirect_uris                              = ["https://planner.example.com/callback"]
  grant_types                                = ["authorization_code", "client_credentials", "refresh_token"]
  response_types                             = ["code"]
  scope                                      = "openid accounts"
  contacts                                   = ["platform@planner.example.com"]
  jwks_uri                                   = dcr_application.this.jwks_uri
  token_endpoint_auth_method                 = "tls_client_auth"
  tls_client_auth_subject_dn                 = dcr_transport_certificate.this.subject_dn
  tls_client_certificate_bound_access_tokens = true
  id_token_signed_response_alg               = "PS256"
  webhook_uris                               = ["https://planner.example.com/hooks"]

  # Members that have no attribute of their own, such as texts in another language.
  additional_metadata = jsonencode({ "client_name#pt-BR" = "Planejador" })

  # A new client_id would lose every customer's consent.
  deletion_protection = false

  timeouts = {
    create = "2m"
  }
}

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}

resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}
