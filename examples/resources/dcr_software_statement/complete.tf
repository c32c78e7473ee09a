# One plan shows the application's change, its new statement and every
# client's update, and one apply does them.
resource "dcr_software_statement" "complete" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision

  triggers = {
    reissued = "2026-11-23"
  }

  # Destroying unlocks the application, with the provider's administrator_access_token.
  unlock_on_destroy = true
}

output "statement_claims" {
  value = jsondecode(dcr_software_statement.complete.claims)
}
