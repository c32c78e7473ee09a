# Every application that was not deleted.
data "dcr_applications" "all" {}

# Those of one environment and a family of names.
data "dcr_applications" "planners" {
  status            = ["Active"]
  environment       = "Sandbox"
  client_name_regex = "^Budget "
}

output "locked_applications" {
  value = [for id, app in data.dcr_applications.all.applications : app.client_name if app.locked]
}
