# Needs no directory.
data "dcr_authorization_server" "bank" {
  issuer = "https://auth.example.com"
}

# Warns in every plan once the bank stops offering what is needed.
check "bank" {
  assert {
    condition     = contains(data.dcr_authorization_server.bank.token_endpoint_auth_methods_supported, "private_key_jwt")
    error_message = "The bank no longer takes private_key_jwt."
  }
}

# Members without an attribute of their own.
output "subject_types" {
  value = jsondecode(data.dcr_authorization_server.bank.metadata).subject_types_supported
}
