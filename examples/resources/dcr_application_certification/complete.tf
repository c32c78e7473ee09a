resource "dcr_application_certification" "complete" {
  application_id    = dcr_application.this.id
  profile_type      = "FAPI RP"
  profile_variant   = "BR-OF Adv. RP w/ Private Key"
  profile_version   = 1.2
  certification_uri = "https://openid.net/certification/"
  status            = "Certified"
  start_date        = "23/11/2026" # dd/MM/yyyy, as the directory writes days.
}

output "certified_until" {
  value = dcr_application_certification.complete.expiration_date
}
