list "dcr_application" "budget" {
  provider         = dcr
  include_resource = true

  config {
    name_contains = "budget"
  }
}
