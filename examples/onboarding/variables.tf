variable "directory" {
  description = "Where the directory is, and who we are there."
  type = object({
    api_url                 = string
    issuer                  = string
    keystore_url            = string
    organisation_id         = string
    client_id               = string
    client_certificate_file = string
    private_key_file        = string
    ca_certificates_file    = string
  })
}

variable "directory_access_token" {
  description = "An access token with the scope directory:website, for directories whose applications may not create others. Leave it out if the client may have that scope itself."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "directory_administrator_access_token" {
  description = "An access token that may unlock applications. Needed only with unlock = \"when_needed\"."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "client_name" {
  description = "The name of the application, shown to customers."
  type        = string
  default     = "Budget planner"
}

variable "redirect_uris" {
  description = "Where banks may send customers back to."
  type        = set(string)
  default     = ["https://planner.example.com/callback", "https://planner.example.com/mobile"]
}

variable "roles" {
  description = "The roles the application acts in; the organisation must hold them."
  type = set(object({
    authorisation_domain = string
    role                 = string
  }))
  default = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
}

variable "authorization_servers" {
  description = "The banks: a name of your choice for each, and the issuer of its authorization server."
  type        = map(string)
}
