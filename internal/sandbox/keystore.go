package sandbox

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// keystoreHandler is the public keystore: no client certificate, no token.
func (s *Sandbox) keystoreHandler() http.Handler {
	return s.routes(hostKeystore, map[string]handler{
		"GET /openbanking.jwks":                                       s.statementKeys,
		"GET /{OrganisationId}/{SoftwareStatementId}/{File}":          s.keystoreFile(true),
		"GET /{OrganisationId}/{SoftwareStatementId}/inactive/{File}": s.keystoreFile(false),
		"GET /{OrganisationId}/{File}":                                s.organisationFile,
	})
}

func jwksFile(held *certificate) string {
	if held.isTransport() {
		return "transport.jwks"
	}
	return "application.jwks"
}

func keySet(keys []any) answer {
	return typedAnswer(http.StatusOK, "application/json", encodeJSON(map[string]any{"keys": keys}))
}

// statementKeys are the keys that sign software statements, old ones included.
func (s *Sandbox) statementKeys(*call) answer {
	if _, err := s.currentSigner(); err != nil {
		return directoryErrors(http.StatusInternalServerError, "no signing key")
	}
	keys := []any{}
	for _, known := range s.state.Signers {
		key, err := s.key(known.Key)
		if err != nil {
			continue
		}
		object, err := keyObject(jose.JSONWebKey{Key: key.Public(), KeyID: known.Kid, Use: "sig"})
		if err != nil {
			continue
		}
		if held, err := decodeCertificate(known.Certificate); err == nil {
			object["x5c"] = []string{base64.StdEncoding.EncodeToString(held.Raw)}
			object["x5t#S256"] = thumbprint(held.Raw)
		}
		keys = append(keys, object)
	}
	return keySet(keys)
}

func (s *Sandbox) keystoreFile(active bool) handler {
	return func(c *call) answer {
		app := s.state.Applications[c.request.PathValue("SoftwareStatementId")]
		if app == nil || c.request.PathValue("OrganisationId") != s.state.OrganisationID {
			return directoryErrors(http.StatusNotFound, "no such file")
		}
		file := c.request.PathValue("File")
		if isOneOf(file, "application.jwks", "transport.jwks") {
			return keySet(s.publishedKeys(app, file, active))
		}
		for _, held := range app.Certificates {
			if active && !held.isKey() && file == held.Kid+".pem" {
				return typedAnswer(http.StatusOK, "application/x-pem-file", []byte(held.PEM))
			}
		}
		return directoryErrors(http.StatusNotFound, "no such file")
	}
}

// publishedKeys are the keys of one JWKS file; inactive ones have files of their own.
func (s *Sandbox) publishedKeys(app *application, file string, active bool) []any {
	keys := []any{}
	for _, held := range app.Certificates {
		if jwksFile(held) != file || (held.status(s.now(), app) == statusActive) != active {
			continue
		}
		if object, err := held.jwk(s.urls.keystore + "/" + s.state.OrganisationID + "/" + app.ID); err == nil {
			keys = append(keys, object)
		}
	}
	return keys
}

func (s *Sandbox) organisationFile(c *call) answer {
	if c.request.PathValue("OrganisationId") == s.state.OrganisationID && strings.HasSuffix(c.request.PathValue("File"), ".jwks") {
		return keySet([]any{})
	}
	return directoryErrors(http.StatusNotFound, "no such file")
}

// signingKeys are the active keys with which an application may sign.
func (s *Sandbox) signingKeys(app *application) []verifier {
	var keys []verifier
	for _, held := range app.Certificates {
		if held.isTransport() || held.status(s.now(), app) != statusActive {
			continue
		}
		if held.isKey() {
			if public, _, broken := readPublicKey([]byte(held.PEM)); len(broken) == 0 {
				keys = append(keys, verifier{kid: held.Kid, key: public})
			}
			continue
		}
		if parsed, err := decodeCertificate(held.PEM); err == nil {
			keys = append(keys, verifier{kid: held.Kid, key: parsed.PublicKey})
		}
	}
	return keys
}
