terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}

provider "dcr" {
  directory = {
    api_url                = "https://matls-api.sandbox.directory.example"
    issuer                 = "https://auth.sandbox.directory.example"
    keystore_url           = "https://keystore.sandbox.directory.example"
    organisation_id        = "74e929d9-33b6-4d85-8ba7-c146c867a817"
    client_id              = "39c82433-1a4f-4d44-9f4b-6c1c6bd2f0f3"
    client_certificate_pem = file("client.pem")
    private_key_pem        = file("client.key")
    ca_certificates_pem    = file("ca.pem")
  }
}

# The same application in another environment: another provider configuration.
provider "dcr" {
  alias = "production"

  directory = {
    ecosystem              = "open_finance_brasil"
    organisation_id        = "74e929d9-33b6-4d85-8ba7-c146c867a817"
    client_id              = "5c0a3a0e-8f0e-4c55-8a4f-0a1d7f6a9b11"
    client_certificate_pem = file("production.pem")
    private_key_pem        = file("production.key")
  }
}
