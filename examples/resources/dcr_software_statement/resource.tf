resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

# The plan after a change of the application finds the statement stale.
resource "dcr_software_statement" "minimal" {
  application_id = dcr_application.this.id
}
