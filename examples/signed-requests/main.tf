# A bank as in Open Banking UK or the Australian Consumer Data Right: registration requests are signed by the
# software, no registration access token is issued, and the client manages itself with access tokens of its own.
terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}

# Everything is configured by the DCR_… environment variables.
provider "dcr" {}

resource "dcr_client" "this" {
  issuer             = "https://auth.bank.example"
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.this.private_key_pem

  request_format = "jwt"
  request_signing = {
    content_type = "application/jwt"
  }
  signing_key_pem = dcr_signing_certificate.this.private_key_pem
  signing_key_id  = dcr_signing_certificate.this.kid

  management_auth  = "client_credentials"
  management_scope = "cdr:registration"

  redirect_uris              = ["https://planner.example.com/callback"]
  grant_types                = ["authorization_code", "client_credentials", "refresh_token"]
  response_types             = ["code"]
  token_endpoint_auth_method = "private_key_jwt"
  jwks_uri                   = dcr_application.this.jwks_uri
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

resource "dcr_signing_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}

resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}
