package sandbox

import (
	"crypto/x509"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// readStatement checks the software statement and what it binds the request to (RFC 7591 §2.3).
func (b *bank) readStatement(e *enrolment) *refusal {
	value, given := e.given["software_statement"]
	if !given {
		if b.temper.NoStatement || e.call.request.Method == "PATCH" {
			return nil
		}
		return refuse(codeStatement, "a software statement is required")
	}
	raw, isText := value.(string)
	if !isText {
		return refuse(codeStatement, "the software statement is not a string")
	}
	claims, refused := b.sandbox.verifyStatement(raw)
	if refused != nil {
		return refused
	}
	e.statement, e.claims = raw, claims
	for _, step := range []func(*enrolment) *refusal{b.checkAge, b.checkFirstUse, b.checkSoftware, b.checkHolder, b.checkStatementURIs} {
		if refused := step(e); refused != nil {
			return refused
		}
	}
	return nil
}

// verifyStatement checks the signature with the directory's keys, none but PS256.
func (s *Sandbox) verifyStatement(raw string) (map[string]any, *refusal) {
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.PS256})
	if err != nil || len(parsed.Signatures) != 1 {
		return nil, refuse(codeStatement, "the software statement is not a JWS signed with PS256")
	}
	kid := parsed.Signatures[0].Header.KeyID
	i := slices.IndexFunc(s.state.Signers, func(known signer) bool { return known.Kid == kid })
	if i < 0 {
		return nil, refuse(codeUnapproved, "the software statement is signed with a key nobody here knows")
	}
	key, err := s.key(s.state.Signers[i].Key)
	if err != nil {
		return nil, refuse(codeStatement, "the software statement cannot be verified")
	}
	payload, err := parsed.Verify(key.Public())
	if err != nil {
		return nil, refuse(codeStatement, "the signature of the software statement is not valid")
	}
	claims, err := decodeObject(payload)
	if err != nil {
		return nil, refuse(codeStatement, "the software statement holds no claims")
	}
	if textOf(claims, "iss") != s.statementIssuer() {
		return nil, refuse(codeUnapproved, "the issuer of the software statement is not approved")
	}
	return claims, nil
}

func (b *bank) checkAge(e *enrolment) *refusal {
	seconds, ok := toInt(e.claims["iat"])
	if !ok {
		return refuse(codeStatement, "the software statement has no iat")
	}
	issued, now := time.Unix(seconds, 0), b.sandbox.now()
	if issued.After(now.Add(clockSkew)) {
		return refuse(codeStatement, "the software statement was issued in the future")
	}
	if b.temper.StatementMaxAge > 0 && now.Sub(issued) > b.temper.StatementMaxAge {
		return refuse(codeStatement, "the software statement is older than "+b.temper.StatementMaxAge.String())
	}
	return nil
}

func (b *bank) checkFirstUse(e *enrolment) *refusal {
	if _, seen := b.state.Statements[thumbprint([]byte(e.statement))]; seen && b.temper.SingleUseStatements {
		return refuse(codeStatement, "the software statement was used before")
	}
	return nil
}

// checkSoftware: an update stays with the software that registered, and metadata agrees with the statement.
func (b *bank) checkSoftware(e *enrolment) *refusal {
	software := textOf(e.claims, "software_id")
	if e.current != nil && e.current.SoftwareID != "" && e.current.SoftwareID != software {
		return refuse(codeUnapproved, "the software statement is of another software")
	}
	if given := textOf(e.given, "software_id"); given != "" && given != software {
		return refuse(codeMetadata, "software_id differs from the software statement")
	}
	return nil
}

// checkHolder: the client certificate belongs to the software, or to the organisation's bootstrap client.
func (b *bank) checkHolder(e *enrolment) *refusal {
	if b.temper.NoMutualTLS {
		return nil
	}
	certificate := e.call.certificate
	if belongsTo(certificate, textOf(e.claims, "software_id")) || !b.temper.StrictCertificate && b.sandbox.isBootstrap(certificate) {
		return nil
	}
	return refuse(codeUnapproved, "the client certificate does not belong to the software of the statement")
}

func belongsTo(certificate *x509.Certificate, software string) bool {
	return software != "" && (certificate.Subject.CommonName == software || nameValue(certificate.Subject, oidUserID()) == software)
}

// checkStatementURIs: redirect URIs within the statement's, keys nowhere but where it says.
func (b *bank) checkStatementURIs(e *enrolment) *refusal {
	approved := textsOf(e.claims["software_redirect_uris"])
	for _, uri := range textsOf(e.given["redirect_uris"]) {
		if !slices.Contains(approved, uri) {
			return refuse(codeRedirect, "redirect_uris: "+uri+" is not among the software_redirect_uris of the statement")
		}
	}
	if _, byValue := e.given["jwks"]; byValue {
		return refuse(codeMetadata, "jwks must not be given together with a software statement")
	}
	if given := textOf(e.given, "jwks_uri"); given != "" && given != textOf(e.claims, "software_jwks_uri") {
		return refuse(codeMetadata, "jwks_uri differs from the software_jwks_uri of the statement")
	}
	return nil
}
