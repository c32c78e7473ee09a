# A statement that somebody else issued: who did, and when.
variable "software_statement" {
  type    = string
  default = "eyJhbGciOiJQUzI1NiIsImtpZCI6InNpZ25lciIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBbiBlY29zeXN0ZW0ncyBTU0EgaXNzdWVyIiwiaWF0IjoxODkzNDU2MDAwLCJzb2Z0d2FyZV9pZCI6ImFwcC0xIn0.c2lnbmF0dXJl"
}

locals {
  statement = provider::dcr::decode_software_statement(var.software_statement)
}

output "issued" {
  value = "${local.statement.issuer} at ${local.statement.issued_at}"
}

output "roles" {
  value = try(jsondecode(local.statement.claims).software_roles, [])
}
