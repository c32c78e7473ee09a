terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}

# The directory of the trust framework. In CI, leave values out here and set
# the DCR_DIRECTORY_… environment variables instead.
provider "dcr" {
  directory = {
    api_url                    = var.directory.api_url
    issuer                     = var.directory.issuer
    keystore_url               = var.directory.keystore_url
    organisation_id            = var.directory.organisation_id
    client_id                  = var.directory.client_id
    client_certificate_pem     = file(var.directory.client_certificate_file)
    private_key_pem            = file(var.directory.private_key_file)
    ca_certificates_pem        = file(var.directory.ca_certificates_file)
    access_token               = var.directory_access_token
    administrator_access_token = var.directory_administrator_access_token
  }

  # The authorities of the banks' servers. Those of the sandbox have the directory's; real ones may take a file of their own.
  registration = {
    ca_certificates_pem = file(var.directory.ca_certificates_file)
  }

  # What a run that is killed leaves behind is found here by the next one. In CI, leave this line out and set
  # DCR_JOURNAL_PATH to a folder that outlives the job: the attribute goes before the variable, and a checkout may wipe this folder.
  journal_path = "${path.root}/.dcr-journal"
}

# 1. Who we are in the directory.
resource "dcr_application" "this" {
  client_name   = var.client_name
  version       = 1
  description   = "Shows customers all their accounts in one place."
  client_uri    = "https://planner.example.com"
  redirect_uris = var.redirect_uris
  roles         = var.roles
}

# 2. How we are recognised on the wire, at the directory and at every bank.
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA", rsa_bits = 2048 }
}

# 3. What the directory says about us. Issuing the statement locks the application.
resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}

# 4. What each bank's authorization server holds about us.
resource "dcr_client" "bank" {
  for_each = var.authorization_servers

  issuer             = each.value
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.this.private_key_pem

  client_name                = var.client_name
  redirect_uris              = var.redirect_uris
  grant_types                = ["authorization_code", "client_credentials", "refresh_token"]
  response_types             = ["code"]
  scope                      = "openid accounts"
  jwks_uri                   = dcr_application.this.jwks_uri
  token_endpoint_auth_method = "tls_client_auth"
  tls_client_auth_subject_dn = dcr_transport_certificate.this.subject_dn
}
