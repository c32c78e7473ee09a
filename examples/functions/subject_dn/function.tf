# For a certificate that was issued elsewhere; those of dcr_transport_certificate have subject_dn.
output "tls_client_auth_subject_dn" {
  value = provider::dcr::subject_dn(file("client.pem"))
}
