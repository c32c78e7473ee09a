# application_id/type/kid. The private key cannot be imported: the directory never had it.
terraform import dcr_public_key.complete 39c82433-1a4f-4d44-9f4b-6c1c6bd2f0f3/sigkey/SWSVZ7cNWFpyBx9bDpiExC3OUH2UsV6fXnaguDlo4JM
