# Any RFC 7591 server, without a directory.
resource "dcr_client" "minimal" {
  issuer        = "https://auth.example.com"
  redirect_uris = ["https://planner.example.com/callback"]
}
