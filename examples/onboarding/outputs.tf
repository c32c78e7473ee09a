output "application_id" {
  description = "The application's ID in the directory."
  value       = dcr_application.this.id
}

output "certificate_expires" {
  description = "When the transport certificate expires."
  value       = dcr_transport_certificate.this.not_after
}

output "client_ids" {
  description = "The client ID at each bank."
  value       = { for name, client in dcr_client.bank : name => client.client_id }
}
