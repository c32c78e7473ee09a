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
  value       = { for name, client in dcr_client.this : name => client.client_id }
}

output "registered" {
  description = "What each bank registered, which may be more than was asked for."
  value       = { for name, client in dcr_client.this : name => jsondecode(client.registered_metadata) }
}
