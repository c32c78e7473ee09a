# terraform apply -invoke=action.dcr_probe_client.bank
action "dcr_probe_client" "bank" {
  config {
    client_id              = dcr_client.bank.client_id
    issuer                 = dcr_client.bank.issuer
    client_certificate_pem = dcr_transport_certificate.planner.certificate_chain_pem
    private_key_pem        = dcr_transport_certificate.planner.private_key_pem
  }
}
