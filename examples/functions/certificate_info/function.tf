locals {
  transport = provider::dcr::certificate_info(file("client.pem"))
}

output "expires" {
  value = local.transport.not_after
}

check "certificate_is_long_enough" {
  assert {
    condition     = local.transport.key_algorithm != "RSA" || local.transport.key_bits >= 2048
    error_message = "RSA keys need 2048 bits."
  }
}
