# Without any server: what the provider would compute is given here where the module, or the provider, looks at it.
mock_provider "dcr" {
  mock_resource "dcr_application" {
    defaults = {
      jwks_uri = "https://keystore.example.com/application.jwks"
    }
  }

  mock_resource "dcr_transport_certificate" {
    defaults = {
      status                = "Active"
      certificate_chain_pem = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
      private_key_pem       = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
    }
  }

  mock_resource "dcr_software_statement" {
    defaults = {
      assertion = "eyJhbGciOiJQUzI1NiJ9.e30.c2ln" # {"alg":"PS256"}, {} and no signature
    }
  }

  mock_resource "dcr_client" {
    defaults = {
      registered_metadata = "{}"
    }
  }
}

variables {
  client_name           = "Budget planner"
  redirect_uris         = ["https://planner.example.com/callback"]
  roles                 = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
  authorization_servers = { first = "https://auth.first-bank.example" }
  deletion_protection   = false
}

run "one_client_for_each_bank" {
  assert {
    condition     = length(output.client_ids) == 1
    error_message = "There should be one client for each bank."
  }
}

run "takes_another_bank" {
  variables {
    authorization_servers = { first = "https://auth.first-bank.example", second = "https://auth.second-bank.example" }
  }

  assert {
    condition     = toset(keys(output.client_ids)) == toset(["first", "second"])
    error_message = "There should be one client for each bank."
  }
}
