# Keys by value, for servers that take them. Of a private key only the public part goes in.
resource "dcr_client" "by_value" {
  issuer                     = "https://auth.example.com"
  redirect_uris              = ["https://planner.example.com/callback"]
  token_endpoint_auth_method = "private_key_jwt"
  jwks                       = provider::dcr::jwks([file("client.pem")])
}
