# The banks with accounts and Dynamic Client Registration. Needs only the provider's
# directory.participants_url, or directory.ecosystem.
data "dcr_authorization_servers" "banks" {
  # Some domain names end in a space. Write them exactly as the directory does.
  authorisation_domain = "Open Banking Brasil "
  role                 = "DADOS"
  api_family_type      = "accounts"
  supports_dcr         = true
}

# One client for each issuer. Brands of one bank may share an issuer, which toset
# then has once.
resource "dcr_client" "bank" {
  for_each = toset(values(data.dcr_authorization_servers.banks.issuers))

  issuer             = each.value
  redirect_uris      = ["https://planner.example.com/callback"]
  software_statement = dcr_software_statement.this.assertion

  client_certificate_pem = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.this.private_key_pem
  jwks_uri               = dcr_application.this.jwks_uri
}

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
  roles         = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
}

resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}

resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}
