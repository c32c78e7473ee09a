# A statement that is in neither plan nor state. Opening it locks the application, in plans too.
ephemeral "dcr_software_statement" "this" {
  application_id = dcr_application.this.id
}

resource "dcr_client" "this" {
  issuer                        = "https://auth.example.com"
  redirect_uris                 = ["https://planner.example.com/callback"]
  software_statement_wo         = ephemeral.dcr_software_statement.this.assertion
  software_statement_wo_version = 1
}

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}
