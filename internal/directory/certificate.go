package directory

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	blockCertificate = "CERTIFICATE"
	maximumX5CBytes  = 64 << 10
)

// Certificate is a certificate of an application, or a bare public key.
type Certificate struct {
	// KeyID is the directory's kid: base64url SHA-256 of the DER certificate.
	KeyID string
	// Type is the kind of certificate, such as rtstransport.
	Type string
	// Status is Active or Inactive, as the directory says.
	Status string
	// RevokedAt is when it was revoked in the directory's own notation, empty if never.
	RevokedAt string
	// Use is the JWK use: sig or enc.
	Use string
	// Leaf is nil for a bare key, and for a certificate that cannot be decoded.
	Leaf *x509.Certificate
	// ChainPEM is the leaf and what the directory sent above it, one PEM text each.
	ChainPEM []string
	// Raw is the complete answer; nil when the answer was PEM.
	Raw map[string]json.RawMessage
}

// Active reports whether the directory counts the certificate as usable. Expiry is not
// looked at.
func (c Certificate) Active() bool {
	return strings.EqualFold(c.Status, StatusActive) && c.RevokedAt == ""
}

// PublicKey is the certificate's key, or the bare key; nil when it cannot be decoded.
func (c Certificate) PublicKey() crypto.PublicKey {
	if c.Leaf != nil {
		return c.Leaf.PublicKey
	}
	encoded, err := json.Marshal(c.Raw)
	if err != nil {
		return nil
	}
	var key jose.JSONWebKey
	if key.UnmarshalJSON(encoded) != nil {
		return nil
	}
	return key.Key
}

// UnmarshalJSON reads a certificate or key of the directory (RFC 7517 §4 with its own
// additions). Dates are not read: they come in several notations, the certificate has them.
func (c *Certificate) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	var entry struct {
		KeyID     string   `json:"kid"`
		Type      string   `json:"keyType"`
		Status    string   `json:"Status"`
		RevokedAt string   `json:"RevokedDateTime"`
		Use       string   `json:"use"`
		Chain     []string `json:"x5c"`
	}
	lenient(data, &entry)
	if entry.Status == "" && entry.RevokedAt == "" {
		// No answer has to have it; what says nothing against itself is valid.
		entry.Status = StatusActive
	}
	*c = Certificate{KeyID: entry.KeyID, Type: entry.Type, Status: entry.Status, RevokedAt: entry.RevokedAt, Use: entry.Use, Raw: raw}
	c.addChain(entry.Chain)
	return nil
}

// addChain reads up to the first entry that cannot be read: a chain with a hole is none.
func (c *Certificate) addChain(entries []string) {
	for _, encoded := range entries {
		der, err := decodeX5C(encoded)
		if err != nil {
			return
		}
		c.add(der)
	}
}

// add appends a certificate to the chain; the first is the leaf.
func (c *Certificate) add(der []byte) {
	if len(c.ChainPEM) == 0 {
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		c.Leaf = leaf
		if c.KeyID == "" {
			c.KeyID = thumbprint(leaf)
		}
	}
	c.ChainPEM = append(c.ChainPEM, string(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: der})))
}

// decodeX5C reads standard base64 (RFC 7517 §4.7), with the line breaks some servers add.
func decodeX5C(encoded string) ([]byte, error) {
	if len(encoded) > maximumX5CBytes {
		return nil, errors.New("x5c entry is too large")
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
}

func thumbprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// decodeCertificate reads an answer in either form directories use: a JWK, or PEM.
func decodeCertificate(response *rest.Response, certificateType string) (*Certificate, error) {
	var certificate Certificate
	body := bytes.TrimSpace(response.Body)
	if bytes.HasPrefix(body, []byte("-----BEGIN")) {
		for block, left := pem.Decode(body); block != nil; block, left = pem.Decode(left) {
			if block.Type == blockCertificate {
				certificate.add(block.Bytes)
			}
		}
		certificate.Status = StatusActive
	} else if err := response.JSON(&certificate); err != nil {
		return nil, err
	}
	if certificate.KeyID == "" {
		return nil, errors.New("the answer has neither a kid nor a certificate")
	}
	if certificate.Type == "" {
		certificate.Type = certificateType
	}
	return &certificate, nil
}

// submission is what a PEM upload can be recognised by afterwards.
type submission struct {
	key crypto.PublicKey
	// request is true for a certificate request: the directory issues anew each time.
	request bool
	// fresh is true for a key that was made for this submission.
	fresh bool
	// keyID is set for an uploaded certificate.
	keyID string
}

// parseSubmission reads as much of an upload as is needed to find it again. What it does
// not understand it leaves to the directory.
func parseSubmission(text string) submission {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return submission{}
	}
	if request, err := x509.ParseCertificateRequest(block.Bytes); err == nil {
		return submission{key: request.PublicKey, request: true}
	}
	if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
		return submission{key: certificate.PublicKey, keyID: thumbprint(certificate)}
	}
	if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		return submission{key: key}
	}
	return submission{}
}

func sameKey(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && key.Equal(b)
}
