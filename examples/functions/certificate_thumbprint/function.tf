# What an access token that is bound to the certificate has in cnf (RFC 8705).
output "x5t_s256" {
  value = provider::dcr::certificate_thumbprint(file("client.pem"))
}
