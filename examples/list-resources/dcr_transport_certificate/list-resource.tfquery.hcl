list "dcr_transport_certificate" "all" {
  provider         = dcr
  include_resource = true

  config {
    type = "brcac"
  }
}
