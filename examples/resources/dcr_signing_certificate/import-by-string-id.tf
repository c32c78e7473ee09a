import {
  to = dcr_signing_certificate.complete
  id = "39c82433-1a4f-4d44-9f4b-6c1c6bd2f0f3/rtssigning/SWSVZ7cNWFpyBx9bDpiExC3OUH2UsV6fXnaguDlo4JM"
}
