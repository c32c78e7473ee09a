list "dcr_signing_certificate" "all" {
  provider         = dcr
  include_resource = true

  config {
    type = "rtssigning"
  }
}
