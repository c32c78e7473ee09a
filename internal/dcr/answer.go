package dcr

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// decode reads an answer, tolerating what servers are known to send.
func decode(resp *rest.Response) (*Registration, error) {
	var document Metadata
	err := resp.JSON(&document)
	if claims := claimsOf(resp.Body); document == nil && claims != nil {
		document, err = claims, nil
	}
	if document == nil {
		return &Registration{Status: resp.Status}, cmp.Or(err, error(resp.Unusable("the answer is not a JSON object")))
	}
	inner := enveloped(document)
	if inner != nil {
		document = inner
	}
	reg := Parse(document)
	reg.Status = resp.Status
	if inner != nil {
		reg.Notes = append(reg.Notes, "The server's answer has the registration in a member, where RFC 7591 §3.2.1 has it at the top.")
	}
	if err != nil {
		// The object is whole, and may have the only copy of a token.
		reg.Notes = append(reg.Notes, "More follows the JSON object of the server's answer, which is not JSON then (RFC 8259 §2). What follows was left out.")
	}
	return reg, nil
}

// enveloped is a registration in the one member that has it, as servers answer whose other
// interfaces have such envelopes: it may have the only copy of a token. It is nil if the answer
// is a registration itself, also one that lacks the client_id, or an error, or tells of several clients.
func enveloped(document Metadata) Metadata {
	for _, name := range append(forbidden(), "client_id", "client_secret") {
		if text(document[name]) != "" {
			return nil
		}
	}
	if _, itself := document["redirect_uris"]; itself || fault(document) != "" {
		return nil
	}
	var found []Metadata
	for _, value := range document {
		if inner := object(value); text(inner["client_id"]) != "" {
			found = append(found, inner)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// claimsOf reads an answer that is a signed JWT, as servers that take signed requests may give
// (OpenID Federation 1.0 §12.2.3 has such); nil if it is none about a client, which any other JWT
// is not. Whose it is, the connection says. The claims of the JWT itself (RFC 7519 §4.1) are left
// out: they differ in each answer.
func claimsOf(body []byte) Metadata {
	parts := strings.Split(string(bytes.TrimSpace(body)), ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	claims := object(payload)
	if text(claims["client_id"]) == "" && text(claims["registration_client_uri"]) == "" && fault(claims) == "" {
		return nil
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
		delete(claims, name)
	}
	return claims
}

// fault is what an answer with a status of success is, if it is an error by its words. Of those
// only a code of the protocol's form is told.
func fault(said Metadata) string {
	var several []json.RawMessage
	switch code := text(said["error"]); {
	case code != "" && len(code) < 64 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == "":
		return "the body is the error " + code
	case code != "" && code != "0", len(object(said["error"])) > 0, json.Unmarshal(said["errors"], &several) == nil && len(several) > 0:
		return "the body is an error"
	}
	return ""
}
