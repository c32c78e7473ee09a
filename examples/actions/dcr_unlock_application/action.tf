# terraform apply -invoke=action.dcr_unlock_application.planner
action "dcr_unlock_application" "planner" {
  config {
    application_id = dcr_application.planner.id
  }
}
