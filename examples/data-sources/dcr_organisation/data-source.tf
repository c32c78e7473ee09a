data "dcr_organisation" "this" {}

# The roles an application of this organisation can be given.
output "roles" {
  value = [for r in data.dcr_organisation.this.roles : r.role if r.status == "Active"]
}
