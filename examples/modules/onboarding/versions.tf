terraform {
  required_version = ">= 1.11"

  required_providers {
    dcr = {
      source = "dcr-onboarding/dcr"
    }
  }
}
