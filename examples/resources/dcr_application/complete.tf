resource "dcr_application" "complete" {
  client_name   = "Budget planner"
  version       = 1.2
  description   = "Shows customers all their accounts in one place."
  environment   = "Sandbox"
  mode          = "Live"
  redirect_uris = ["https://planner.example.com/callback", "https://planner.example.com/mobile"]

  client_uri           = "https://planner.example.com"
  policy_uri           = "https://planner.example.com/privacy"
  terms_of_service_uri = "https://planner.example.com/terms"
  logo_uri             = "https://planner.example.com/logo.png"
  origin_uris          = ["https://planner.example.com"]
  api_webhook_uris     = ["https://planner.example.com/hooks"]

  post_logout_redirect_uris = ["https://planner.example.com/bye"]
  notification_webhook_uri  = "https://planner.example.com/directory-events"
  additional_metadata       = jsonencode({ team = "payments" })

  # By name or by ID.
  flags = ["pilot"]

  token_endpoint_auth_method                 = "private_key_jwt"
  id_token_signed_response_alg               = "PS256"
  require_signed_request_object              = true
  tls_client_certificate_bound_access_tokens = true

  federation_enabled    = true
  federation_management = "openid_entity_federation_managed"

  # Some domain names end in a space. Write them exactly as the directory does.
  roles = [
    { authorisation_domain = "Open Banking Brasil ", role = "DADOS" },
    { authorisation_domain = "Open Banking Brasil ", role = "PAGTO" },
  ]

  # A software statement locks the application. This lets the provider unlock it when
  # a change needs that; it takes the provider's administrator_access_token.
  unlock = "when_needed"

  deletion_protection = false
}
