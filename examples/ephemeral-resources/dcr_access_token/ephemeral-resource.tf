# A token of the directory, with the provider's own credentials.
ephemeral "dcr_access_token" "directory" {}

# A token of a registered client, for a provider or a tool that calls the bank.
ephemeral "dcr_access_token" "client" {
  client_id     = dcr_client.this.client_id
  issuer        = dcr_client.this.issuer
  client_secret = dcr_client.this.client_secret
  scope         = "accounts"
}

resource "dcr_client" "this" {
  issuer                     = "https://auth.example.com"
  redirect_uris              = ["https://planner.example.com/callback"]
  grant_types                = ["authorization_code", "client_credentials"]
  response_types             = ["code"]
  scope                      = "openid accounts"
  token_endpoint_auth_method = "client_secret_basic"
}
