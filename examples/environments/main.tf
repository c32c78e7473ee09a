# One configuration, many environments: each workspace is one, with a state, a directory and credentials of its own.
#
#   terraform workspace select -or-create production && terraform apply
terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}

locals {
  environments = {
    sandbox = {
      directory     = var.directories.sandbox
      redirect_uris = ["https://sandbox.planner.example.com/callback"]
      protected     = false
    }
    production = {
      directory     = var.directories.production
      redirect_uris = ["https://planner.example.com/callback"]
      protected     = true # false until the first apply did what you meant: undoing it is one destroy then
    }
  }
  environment = local.environments[terraform.workspace]
}

# Who we are comes from the environment (DCR_DIRECTORY_CLIENT_CERTIFICATE_FILE and so on), which CI sets for each of them.
provider "dcr" {
  directory = {
    api_url      = local.environment.directory.api_url
    issuer       = local.environment.directory.issuer
    keystore_url = local.environment.directory.keystore_url
  }

  # What an interrupted run leaves behind is one environment's, too.
  # In CI, leave this line out and set DCR_JOURNAL_PATH, to a folder of this environment that outlives the job.
  journal_path = "${path.root}/.dcr-journal/${terraform.workspace}"
}

module "onboarding" {
  source = "../modules/onboarding"

  client_name           = "Budget planner"
  redirect_uris         = local.environment.redirect_uris
  roles                 = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
  authorization_servers = local.environment.directory.authorization_servers
  deletion_protection   = local.environment.protected
}

output "client_ids" {
  value = module.onboarding.client_ids
}
