# application_id/certification_id
terraform import dcr_application_certification.this 3f0c1a52-6c07-4b34-9d3c-0a4e5d1b7c11/5b0c8f0e-2c51-4d5e-9a55-6c2f1e7f4a10
