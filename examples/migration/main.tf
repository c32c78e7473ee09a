# What was made in the portal, taken over. Write down what there is, let the import blocks find it, and change
# nothing before a plan has nothing to do but import.
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

import {
  to = dcr_application.this
  id = var.application_id
}

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

import {
  to = dcr_transport_certificate.this
  id = "${var.application_id}/rtstransport/${var.certificate_kid}"
}

# The request the certificate was issued for. The private key stays where it is.
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  csr_pem        = file(var.certificate_request_file)
}

# A statement is not imported: it is issued, which locks the application.
resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}

# Imported one by one with terraform import, since each has a token of its own.
resource "dcr_client" "bank" {
  for_each = var.banks

  issuer             = each.value
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem        = file(var.private_key_file)

  # All that the banks have and that has to stay: an update sends this and nothing else.
  redirect_uris              = dcr_application.this.redirect_uris
  grant_types                = ["authorization_code", "client_credentials", "refresh_token"]
  response_types             = ["code"]
  scope                      = "openid accounts"
  jwks_uri                   = dcr_application.this.jwks_uri
  token_endpoint_auth_method = "tls_client_auth"
  tls_client_auth_subject_dn = dcr_transport_certificate.this.subject_dn
}
