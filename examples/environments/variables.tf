variable "directories" {
  description = "Where the directory and the banks of each environment are."
  type = object({
    sandbox = object({
      api_url               = string
      issuer                = string
      keystore_url          = string
      authorization_servers = map(string)
    })
    production = object({
      api_url               = string
      issuer                = string
      keystore_url          = string
      authorization_servers = map(string)
    })
  })

  # The workspace default would be a second state of one of them.
  validation {
    condition     = contains(keys(var.directories), terraform.workspace)
    error_message = "Select the workspace of an environment: terraform workspace select -or-create sandbox"
  }
}
