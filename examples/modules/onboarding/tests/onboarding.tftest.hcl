# Run against the sandbox, which the DCR_… environment variables point to; TF_VAR_authorization_servers has its banks.
provider "dcr" {}

variables {
  client_name         = "Budget planner"
  redirect_uris       = ["https://planner.example.com/callback"]
  roles               = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
  deletion_protection = false
}

run "onboards" {
  assert {
    condition     = length(output.client_ids) > 0 && alltrue([for id in values(output.client_ids) : id != ""])
    error_message = "Every bank should have a client."
  }

  assert {
    condition     = alltrue([for metadata in values(output.registered) : contains(metadata.redirect_uris, "https://planner.example.com/callback")])
    error_message = "Every bank should have registered the redirect URI."
  }
}

# What the run before had comes in by a variable: in OpenTofu, assertions cannot refer to other runs.
run "adds_a_redirect_uri" {
  variables {
    client_ids_before     = run.onboards.client_ids
    application_id_before = run.onboards.application_id

    redirect_uris = ["https://planner.example.com/callback", "https://planner.example.com/mobile"]
  }

  assert {
    condition     = output.client_ids == var.client_ids_before && output.application_id == var.application_id_before
    error_message = "A change must never make another client: it would lose every customer's consent."
  }

  assert {
    condition     = alltrue([for metadata in values(output.registered) : contains(metadata.redirect_uris, "https://planner.example.com/mobile")])
    error_message = "One change should reach every bank in one apply."
  }
}

# A new name needs an unlocked application: it is unlocked, changed, and locked again by the next statement.
run "changes_the_name" {
  variables {
    client_ids_before = run.adds_a_redirect_uri.client_ids

    redirect_uris = ["https://planner.example.com/callback", "https://planner.example.com/mobile"]
    client_name   = "Budget planner 2"
    unlock        = "when_needed"
  }

  assert {
    condition     = alltrue([for metadata in values(output.registered) : metadata.client_name == "Budget planner 2"])
    error_message = "Every bank should have the new name."
  }

  assert {
    condition     = output.client_ids == var.client_ids_before
    error_message = "A change must never make another client."
  }
}
