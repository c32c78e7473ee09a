# By name: exactly one application that is not inactive may have it.
data "dcr_application" "planner" {
  client_name = dcr_application.this.client_name

  # Only because this example creates the application itself.
  depends_on = [dcr_application.this]
}

# By ID.
data "dcr_application" "same" {
  id = dcr_application.this.id
}

# Warns in every plan while a certificate expires within 30 days.
check "certificates" {
  assert {
    condition = alltrue([
      for c in data.dcr_application.same.certificates : timecmp(c.not_after, timeadd(plantimestamp(), "720h")) > 0
      if c.status == "Active" && c.not_after != null
    ])
    error_message = "A certificate of the application expires within 30 days."
  }
}

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}
