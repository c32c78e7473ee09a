# What rests sealed in state, in clear for as long as Terraform runs.
ephemeral "dcr_client_credentials" "this" {
  client_id            = dcr_client.this.client_id
  sealed_client_secret = dcr_client.this.client_secret
}

# Hand it to a secret store by a write-only argument, for example:
#
# resource "vault_kv_secret_v2" "bank" {
#   mount                = "secret"
#   name                 = "bank"
#   data_json_wo         = jsonencode({ client_secret = ephemeral.dcr_client_credentials.this.client_secret })
#   data_json_wo_version = 1
# }

resource "dcr_client" "this" {
  issuer                     = "https://auth.example.com"
  redirect_uris              = ["https://planner.example.com/callback"]
  token_endpoint_auth_method = "client_secret_basic"
}
