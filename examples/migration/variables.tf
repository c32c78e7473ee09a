variable "application_id" {
  description = "The application's ID, which the portal calls the software statement ID."
  type        = string
}

variable "certificate_kid" {
  description = "The kid of the transport certificate in use, as the portal shows it."
  type        = string
}

variable "certificate_request_file" {
  description = "The request the certificate was issued for."
  type        = string
}

variable "private_key_file" {
  description = "The private key of the certificate."
  type        = string
}

variable "banks" {
  description = "The banks the application is registered at: a name of your choice for each, and the issuer."
  type        = map(string)
}
