# terraform apply -invoke=action.dcr_reissue_software_statement.planner
action "dcr_reissue_software_statement" "planner" {
  config {
    application_id = dcr_application.planner.id
  }
}
