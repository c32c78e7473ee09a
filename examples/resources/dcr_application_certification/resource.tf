resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

resource "dcr_application_certification" "minimal" {
  application_id  = dcr_application.this.id
  profile_type    = "FAPI RP"
  profile_variant = "BR-OF Adv. RP"
}
