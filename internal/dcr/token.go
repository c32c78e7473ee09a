package dcr

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

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
