import {
  to = dcr_client.complete

  identity = {
    client_id               = "abc"
    registration_client_uri = "https://auth.bank.example/reg/3f0c?x=y"
  }
}
