package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// PEM block types of RFC 7468.
const (
	blockCertificate = "CERTIFICATE"
	blockRequest     = "CERTIFICATE REQUEST"
	blockOldRequest  = "NEW CERTIFICATE REQUEST"
	blockPublicKey   = "PUBLIC KEY"
	blockPrivateKey  = "PRIVATE KEY"
)

// maxPEMBytes bounds what is decoded at all; a long chain is a few tens of kilobytes.
const maxPEMBytes = 256 << 10

// PEMError says why PEM text is not what was asked for. It never quotes the text.
type PEMError struct {
	// Want is what was asked for, in words.
	Want string
	// Reason is what was found instead.
	Reason string
	Err    error
}

// ErrNoBlock is in a PEMError about a text that is no PEM text at all.
var ErrNoBlock = errors.New("no PEM block")

// Error implements error.
func (e *PEMError) Error() string { return "not " + e.Want + ": " + e.Reason }

// Unwrap gives ErrNoBlock or the reason of the standard library, if any.
func (e *PEMError) Unwrap() error { return e.Err }

// blocks decodes all PEM blocks (RFC 7468 §2) of a text.
func blocks(text, want string) ([]*pem.Block, error) {
	if len(text) > maxPEMBytes {
		return nil, &PEMError{Want: want, Reason: fmt.Sprintf("larger than %d KiB", maxPEMBytes>>10)}
	}
	var found []*pem.Block
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		found = append(found, block)
	}
	if len(found) == 0 {
		return nil, &PEMError{Want: want, Reason: "it has no complete PEM block (-----BEGIN …----- to -----END …-----)", Err: ErrNoBlock}
	}
	return found, nil
}

// ParseCertificates reads every CERTIFICATE block (RFC 7468 §5) of a PEM text in order.
// Blocks of other types are skipped; there must be at least one certificate.
func ParseCertificates(text string) ([]*x509.Certificate, error) {
	const want = "a PEM certificate"
	found, err := blocks(text, want)
	if err != nil {
		return nil, err
	}
	var certificates []*x509.Certificate
	for _, block := range found {
		if block.Type != blockCertificate {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &PEMError{Want: want, Reason: fmt.Sprintf("certificate %d cannot be decoded", len(certificates)+1), Err: err}
		}
		certificates = append(certificates, certificate)
	}
	if len(certificates) == 0 {
		return nil, &PEMError{Want: want, Reason: fmt.Sprintf("it is a %q block", found[0].Type)}
	}
	return certificates, nil
}

// CertificatePEM writes one certificate as PEM (RFC 7468 §5).
func CertificatePEM(certificate *x509.Certificate) string {
	return encodePEM(blockCertificate, certificate.Raw)
}

// KeyID is the base64url SHA-256 of the DER certificate: the kid a directory gives it,
// which is also x5t#S256 (RFC 7515 §4.1.8, RFC 8705 §3.1).
func KeyID(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Thumbprint is the lower-case hex SHA-256 of the DER certificate.
func Thumbprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(sum[:])
}

func encodePEM(blockType string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}))
}
