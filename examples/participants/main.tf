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

# The banks that share data. Without these filters it is every server of the list, whatever its organisation's roles.
# The domain's name ends in a space.
data "dcr_authorization_servers" "banks" {
  authorisation_domain = "Open Banking Brasil "
  role                 = "DADOS"
  supports_dcr         = true
}

variable "leave_out" {
  description = "The issuers of authorization servers that are not wanted."
  type        = set(string)
  default     = []
}

locals {
  # Brands of one bank may share an issuer, where there is one client for all of them: so the issuer is the key.
  issuers = setsubtract(toset(values(data.dcr_authorization_servers.banks.issuers)), var.leave_out)
}

module "onboarding" {
  source = "../modules/onboarding"

  client_name           = "Budget planner"
  redirect_uris         = ["https://planner.example.com/callback"]
  roles                 = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
  authorization_servers = { for issuer in local.issuers : issuer => issuer }

  # A bank that leaves the list would take its client and every consent along: a human decides.
  # While you try it out, say false: undoing it is one destroy then.
  deletion_protection = true
}

output "client_ids" {
  description = "The client ID at each issuer."
  value       = module.onboarding.client_ids
}
