# application_id/type/kid. The private key cannot be imported: the directory never had it.
terraform import dcr_signing_certificate.this 3f0c1a52-6c07-4b34-9d3c-0a4e5d1b7c11/rtssigning/SWSVZ7cNWFpyBx9bDpiExC3OUH2UsV6fXnaguDlo4JM
