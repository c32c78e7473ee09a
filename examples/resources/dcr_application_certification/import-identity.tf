import {
  to = dcr_application_certification.complete

  identity = {
    application_id = "39c82433-1a4f-4d44-9f4b-6c1c6bd2f0f3"
    id             = "5b0c8f0e-2c51-4d5e-9a55-6c2f1e7f4a10"
  }
}
