# Open Finance Brasil, from an application to a client at every bank that shares accounts.
terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}

# Who you are comes from the environment: DCR_ORGANISATION_ID, DCR_DIRECTORY_CLIENT_ID,
# DCR_DIRECTORY_CLIENT_CERTIFICATE_FILE, DCR_DIRECTORY_PRIVATE_KEY_FILE, and the authorities of the directory and of the
# banks: DCR_DIRECTORY_CA_CERTIFICATES_FILE, DCR_REGISTRATION_CA_CERTIFICATES_FILE. For what only a user may do, give
# DCR_DIRECTORY_ACCESS_TOKEN to the one command that needs it.
provider "dcr" {
  directory = {
    ecosystem = "open_finance_brasil_sandbox"
  }

  # An answer with a registration access token is on disk before Terraform has it.
  # In CI, leave this line out and set DCR_JOURNAL_PATH, to a folder of this environment that outlives the job.
  journal_path = "${path.root}/.dcr-journal/${terraform.workspace}"
}

# 1. The banks. The list is public, and written exactly so: the domain's name ends in a space.
data "dcr_authorization_servers" "banks" {
  authorisation_domain = "Open Banking Brasil "
  role                 = "DADOS"
  api_family_type      = "accounts"
  supports_dcr         = true
}

# 2. The application, complete before its first software statement, which locks it.
resource "dcr_application" "this" {
  client_name          = "Budget planner"
  version              = 1
  description          = "Shows customers all their accounts in one place."
  client_uri           = "https://planner.example.com"
  policy_uri           = "https://planner.example.com/privacy"
  terms_of_service_uri = "https://planner.example.com/terms"
  redirect_uris        = ["https://planner.example.com/callback"]
  api_webhook_uris     = ["https://planner.example.com/hooks"]
  roles                = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
}

# 3. The transport certificate, BRCAC. What repeats the directory's data is taken from there.
resource "dcr_transport_certificate" "brcac" {
  application_id = dcr_application.this.id
  type           = "brcac_2022"
  private_key    = { algorithm = "RSA" }

  subject = {
    common_name       = "planner.example.com"
    state_or_province = "SP"
  }
}

# 4. The key that signs request objects. It is published in the application's jwks_uri.
resource "dcr_signing_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}

# 5. What the directory says about the application. Issuing it locks the application.
resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}

# 6. One client for each issuer: brands of one bank may share one.
resource "dcr_client" "bank" {
  for_each = toset(values(data.dcr_authorization_servers.banks.issuers))

  issuer             = each.value
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.brcac.certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.brcac.private_key_pem

  redirect_uris                              = dcr_application.this.redirect_uris
  webhook_uris                               = dcr_application.this.api_webhook_uris
  jwks_uri                                   = dcr_application.this.jwks_uri
  grant_types                                = ["authorization_code", "client_credentials", "refresh_token"]
  response_types                             = ["code"]
  token_endpoint_auth_method                 = "tls_client_auth"
  tls_client_auth_subject_dn                 = dcr_transport_certificate.brcac.subject_dn
  tls_client_certificate_bound_access_tokens = true
  id_token_signed_response_alg               = "PS256"
  request_object_signing_alg                 = "PS256"

  # true before a customer consents: a new client_id loses every consent.
  deletion_protection = false
}

output "client_ids" {
  value = { for issuer, client in dcr_client.bank : issuer => client.client_id }
}
