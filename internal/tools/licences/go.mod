// The licence check has a module of its own, to keep what knows the texts out of the provider's dependencies.
module github.com/dcr-onboarding/terraform-provider-dcr/internal/tools/licences

go 1.26.0

require github.com/google/licensecheck v0.3.1
