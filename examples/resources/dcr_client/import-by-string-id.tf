# The token is DCR_REGISTRATION_ACCESS_TOKEN, or registration.registration_access_token of the provider.
import {
  to = dcr_client.complete
  id = "https://auth.bank.example/reg/3f0c?x=y"
}
