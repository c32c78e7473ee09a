package conn

import (
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
)

// Preflight is what would fail every call to the directory and can be known
// without one: a plan that is going to make a call asks it, so that an apply
// does not stop half-way. What Terraform does not know yet is taken to be right.
// Its errors are *MissingError, *CredentialError and *oauth.KeyError.
func (c *Conn) Preflight() error {
	s := c.settings
	if !s.Configured {
		return &MissingError{}
	}
	if missing := s.missing(); len(missing) > 0 {
		return &MissingError{Attributes: missing}
	}
	if !s.unknown("client_certificate_pem", "private_key_pem", "ca_certificates_pem") {
		if _, err := c.pool.Client(s.Identity); err != nil {
			return &CredentialError{Owner: OwnerDirectory, Err: err}
		}
	}
	if s.Credentials.Method != oauth.AuthPrivateKeyJWT || !s.AccessToken.Empty() || s.unknown("auth_method", "access_token", "signing_key_pem") {
		return nil
	}
	_, err := oauth.NewSigner(s.Credentials.SigningKeyPEM, s.Credentials.SigningKeyID, s.Credentials.Algorithm)
	return err
}

// unknown reports whether Terraform does not know one of the attributes yet.
func (s DirectorySettings) unknown(names ...string) bool {
	return slices.ContainsFunc(s.Unknown, func(name string) bool { return name == "*" || slices.Contains(names, name) })
}

// missing names what a call needs and nobody set.
func (s DirectorySettings) missing() []string {
	var missing []string
	need := func(name, value string, from ...string) {
		if value == "" && !s.unknown(append(from, name)...) {
			missing = append(missing, name)
		}
	}
	need("api_url", s.APIURL, "ecosystem")
	need("organisation_id", s.OrganisationID)
	need("keystore_url", s.KeystoreURL, "ecosystem")
	if !s.AccessToken.Empty() || s.unknown("access_token") {
		return missing
	}
	need("issuer", s.Issuer, "ecosystem")
	need("client_id", s.Credentials.ClientID)
	switch s.Credentials.Method {
	case oauth.AuthPrivateKeyJWT:
		need("signing_key_pem", s.Credentials.SigningKeyPEM.Reveal())
	case oauth.AuthClientSecretBasic:
		need("client_secret", s.Credentials.Secret.Reveal())
	default:
		// Until it is known, auth_method reads as this one.
		need("client_certificate_pem", s.Identity.CertificatePEM, "auth_method")
		need("private_key_pem", s.Identity.PrivateKeyPEM.Reveal(), "auth_method")
	}
	return missing
}
