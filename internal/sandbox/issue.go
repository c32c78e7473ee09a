package sandbox

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"time"
)

// CertificateRequest describes a certificate for a test to be issued outside the directory's rules.
type CertificateRequest struct {
	CommonName         string
	OrganizationalUnit string
	Organization       string
	UserID             string
	NotBefore          time.Time // zero means an hour ago
	NotAfter           time.Time // zero means the usual lifetime
	ForeignAuthority   bool      // signed by a CA nobody trusts
	RSA                bool      // RSA 2048 instead of EC P-256
	DNSNames           []string
}

// IssueCertificate makes a client certificate and its key as asked: expired, not yet valid, of a
// foreign authority or for another subject. The directory does not list it.
func (s *Sandbox) IssueCertificate(request CertificateRequest) (certificatePEM, keyPEM string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := newRequestedKey(request.RSA)
	if err != nil {
		return "", "", err
	}
	issuer := s.authority
	if request.ForeignAuthority {
		if issuer, err = foreignAuthority(); err != nil {
			return "", "", err
		}
	}
	der, err := issuer.issue(s.requestedTemplate(request), key.Public())
	if err != nil {
		return "", "", err
	}
	if keyPEM, err = encodeKey(key); err != nil {
		return "", "", err
	}
	s.remember(keyPEM)
	return encodeCertificate(der), keyPEM, nil
}

func newRequestedKey(wantRSA bool) (crypto.Signer, error) {
	if wantRSA {
		return newRSAKey()
	}
	return newECKey()
}

func foreignAuthority() (*authority, error) {
	made, err := newAuthorityState("Somebody Else")
	if err != nil {
		return nil, err
	}
	return made.load()
}

func (s *Sandbox) requestedTemplate(request CertificateRequest) *x509.Certificate {
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: request.CommonName, Country: []string{"BR"}, Organization: []string{organisationName}},
		NotBefore: request.NotBefore, NotAfter: request.NotAfter, DNSNames: request.DNSNames,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if request.Organization != "" {
		template.Subject.Organization = []string{request.Organization}
	}
	if request.OrganizationalUnit != "" {
		template.Subject.OrganizationalUnit = []string{request.OrganizationalUnit}
	}
	if request.UserID != "" {
		template.Subject.ExtraNames = append(template.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: oidUserID(), Value: request.UserID})
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = s.now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = s.now().Add(s.options.CertificateLifetime)
	}
	return template
}
