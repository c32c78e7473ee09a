# Register at every bank of the participants list that takes registrations, and at new ones as they join.
terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}

# Everything is configured by the DCR_… environment variables.
provider "dcr" {}

data "dcr_authorization_servers" "banks" {
  supports_dcr = true
}

variable "leave_out" {
  description = "The IDs of authorization servers that are not wanted."
  type        = set(string)
  default     = []
}

module "onboarding" {
  source = "../modules/onboarding"

  client_name           = "Budget planner"
  redirect_uris         = ["https://planner.example.com/callback"]
  authorization_servers = { for id, issuer in data.dcr_authorization_servers.banks.issuers : id => issuer if !contains(var.leave_out, id) }

  # A bank that leaves the list would take its client and every consent along: a human decides.
  deletion_protection = true
}

output "banks" {
  value = keys(module.onboarding.client_ids)
}
