# terraform apply -invoke=action.dcr_revoke_certificate.leaked
action "dcr_revoke_certificate" "leaked" {
  config {
    application_id = dcr_transport_certificate.planner.application_id
    type           = dcr_transport_certificate.planner.type
    kid            = dcr_transport_certificate.planner.kid
    reason         = "keycompromise"
  }
}
