variable "client_name" {
  description = "The name of the application, shown to customers."
  type        = string
}

variable "redirect_uris" {
  description = "Where banks may send customers back to."
  type        = set(string)
}

variable "roles" {
  description = "The roles the application acts in; the organisation must hold them."
  type = set(object({
    authorisation_domain = string
    role                 = string
  }))
  default = []
}

variable "authorization_servers" {
  description = "The banks: a name of your choice for each, and the issuer of its authorization server."
  type        = map(string)
}

variable "client_metadata" {
  description = "What to ask of every bank besides the name and the redirect URIs."
  type = object({
    grant_types    = optional(set(string), ["authorization_code", "client_credentials", "refresh_token"])
    response_types = optional(set(string), ["code"])
    scope          = optional(string)
  })
  default = {}
}

variable "renew_before" {
  description = "How long before its end the transport certificate is renewed; by default a third of its lifetime."
  type        = string
  default     = null
}

variable "unlock" {
  description = "Whether a change that a lock forbids unlocks the application: never, or when_needed with an administrator's token."
  type        = string
  default     = "never"
}

variable "deletion_protection" {
  description = "Whether plans that would destroy the application or a client fail. Production should say true."
  type        = bool
  default     = true
}
