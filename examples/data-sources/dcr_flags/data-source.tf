# Needs an access token with the scope directory:website.
data "dcr_flags" "journey" {
  name = "journey"
  type = "Software_Statement"
}

# A flag is known by its name and value; applications take its ID.
output "payments_flag_id" {
  value = one([for f in data.dcr_flags.journey.flags : f.id if f.value == "payments"])
}
