list "dcr_public_key" "all" {
  provider         = dcr
  include_resource = true

  config {
    type = "enckey"
  }
}
