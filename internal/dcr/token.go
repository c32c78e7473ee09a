package dcr

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// secretText reads a member that is a secret. Servers that keep a hash of it, or show it
// once only, put asterisks or a word in its place, which is not to take the real one's.
func secretText(raw json.RawMessage) rest.Secret {
	if s := text(raw); !masked(s) {
		return rest.Secret(s)
	}
	return ""
}

// masked reports whether a text stands for a secret that is not told. Secrets are of
// printable ASCII (RFC 6749 §A.2), and none is made of one sign for the most part.
func masked(s string) bool {
	const least = 3
	row := strings.Repeat("*", max(least, (len(s)+1)/2))
	letters := strings.Trim(strings.ToLower(s), "x")
	switch strings.Trim(strings.ToLower(s), "[]<>(){}*-_ ") {
	case "redacted", "hidden", "masked":
		return true
	}
	return strings.ContainsAny(s, "•●·…") || strings.Contains(s, row) || letters == "" && len(s) >= least
}

// Expiry is when a registration access token expires, if it is a JWT that says
// so (RFC 7519 §4.1.4); the protocol does not announce it. The signature is the
// server's business and not looked at.
func Expiry(token rest.Secret) (time.Time, bool) {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Expiry json.RawMessage `json:"exp"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return time.Time{}, false
	}
	end := seconds(claims.Expiry)
	return time.Unix(end, 0), end > 0
}
