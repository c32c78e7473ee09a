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
}
