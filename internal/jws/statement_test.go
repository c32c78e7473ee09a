package jws

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseReadsClaimsAndHeader(t *testing.T) {
	t.Parallel()
	claims := `{"iss":"Open Banking SSA issuer","iat":1618695928.5,"exp":1618696228,"software_id":"app-1","org_id":"org-1",` +
		`"software_version":1.10,"software_jwks_uri":"https:\/\/keystore.example\/a.jwks","software_redirect_uris":["https://a.example/cb",7,"https://b.example/cb"]}`
	statement, err := Parse("\n" + newSigner(t, "signer").sign(t, claims) + " \n")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"issuer":       {statement.Issuer, "Open Banking SSA issuer"},
		"software":     {statement.SoftwareID, "app-1"},
		"organisation": {statement.OrganisationID, "org-1"},
		"kid":          {statement.KeyID, "signer"},
		"alg":          {statement.Algorithm, "PS256"},
		"redirects":    {strings.Join(statement.RedirectURIs, " "), "https://a.example/cb https://b.example/cb"},
		"issued at":    {statement.IssuedAt.Format(time.RFC3339Nano), "2021-04-17T21:45:28.5Z"},
		"expires at":   {statement.ExpiresAt.Format(time.RFC3339Nano), "2021-04-17T21:50:28Z"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", name, pair[0], pair[1])
		}
	}
	canonical := statement.ClaimsJSON()
	for _, part := range []string{`"software_version":1.10`, `"software_jwks_uri":"https://keystore.example/a.jwks"`, `{"exp":1618696228,"iat":1618695928.5,"iss"`} {
		if !strings.Contains(canonical, part) {
			t.Errorf("claims JSON %s lacks %s", canonical, part)
		}
	}
	if strings.TrimSpace(statement.Token) != statement.Token {
		t.Error("token keeps surrounding white space")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	valid := newSigner(t, "signer")
	part := base64.RawURLEncoding.EncodeToString
	none := part([]byte(`{"alg":"none"}`)) + "." + part([]byte(`{"iat":1}`)) + "."
	hmac := part([]byte(`{"alg":"HS256","kid":"signer"}`)) + "." + part([]byte(`{"iat":1}`)) + "." + part([]byte("c2lnbmF0dXJl"))
	tests := []struct{ name, token, want string }{
		{"empty", " ", "empty"},
		{"too large", strings.Repeat("a", maxTokenBytes+1), "64 KiB"},
		{"two parts", "a.b", "this has 2"},
		{"JSON serialization", `{"payload":"e30","signature":"AA","protected":"e30"}`, "three parts"},
		{"not base64", "!.!.!", "not a signed JWT"},
		{"algorithm none", none, "asymmetric"},
		{"HMAC", hmac, "asymmetric"},
		{"payload is a list", valid.sign(t, `[1]`), "not a JSON object"},
		{"payload is null", valid.sign(t, `null`), "not a JSON object"},
		{"payload has a tail", valid.sign(t, `{"iat":1}{}`), "after the JSON object"},
		{"iat is text", valid.sign(t, `{"iat":"1618695928"}`), "iat claim is not a time"},
		{"iat in milliseconds", valid.sign(t, `{"iat":1618695928000}`), "iat claim is not a time"},
		{"exp is negative", valid.sign(t, `{"exp":-1}`), "exp claim is not a time"},
		{"iat is huge", valid.sign(t, `{"iat":1e400}`), "iat claim is not a time"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			statement, err := Parse(test.token)
			var parse *ParseError
			if !errors.As(err, &parse) || statement != nil {
				t.Fatalf("Parse = %v, %v; want only a *ParseError", statement, err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
			if len(test.token) > 20 && strings.Contains(err.Error(), test.token[:20]) {
				t.Error("the error quotes the token")
			}
		})
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, "signer")
	now := time.Unix(1618695928, 0)
	dated, err := Parse(signer.sign(t, `{"iat":1618695628,"exp":1618695928}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := dated.Age(now); got != 5*time.Minute {
		t.Errorf("age = %v, want 5m", got)
	}
	if !dated.Expired(now) || dated.Expired(now.Add(-time.Second)) {
		t.Error("a statement expires exactly at exp")
	}
	undated, err := Parse(signer.sign(t, `{"iat":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if undated.Age(now) < 100*365*24*time.Hour || undated.Expired(now) {
		t.Errorf("a statement without dates: age %v, expired %v; want very old, never expired", undated.Age(now), undated.Expired(now))
	}
}

func TestEquivalent(t *testing.T) {
	t.Parallel()
	signer, other := newSigner(t, "signer"), newSigner(t, "rotated")
	base := signer.sign(t, `{"iat":1,"jti":"a","software_id":"app","software_roles":["DADOS","PAGTO"],"software_flags":[{"b":1,"a":2},{"a":1}]}`)
	tests := []struct {
		name, token string
		want        bool
	}{
		{"itself", base + "\n", true},
		{"issued again", signer.sign(t, `{"software_id":"app","software_roles":["DADOS","PAGTO"],"iat":9,"exp":10,"nbf":9,"jti":"b","software_flags":[{"a":2,"b":1},{"a":1}]}`), true},
		{"another signing key", other.sign(t, `{"iat":1,"software_id":"app","software_roles":["DADOS","PAGTO"],"software_flags":[{"b":1,"a":2},{"a":1}]}`), true},
		{"lists in another order", signer.sign(t, `{"software_id":"app","software_roles":["PAGTO","DADOS"],"software_flags":[{"a":1},{"b":1,"a":2}]}`), true},
		{"another role", signer.sign(t, `{"software_id":"app","software_roles":["DADOS"],"software_flags":[{"b":1,"a":2},{"a":1}]}`), false},
		{"another claim", signer.sign(t, `{"software_id":"app","software_roles":["DADOS","PAGTO"],"software_flags":[{"b":1,"a":2},{"a":1}],"x":1}`), false},
		{"not a statement", "nonsense", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := Equivalent(base, test.token); got != test.want {
				t.Errorf("Equivalent = %v, want %v", got, test.want)
			}
			if Equivalent(test.token, base) != test.want {
				t.Error("Equivalent is not symmetric")
			}
		})
	}
}

func TestDigestLeavesClaimsAlone(t *testing.T) {
	t.Parallel()
	statement, err := Parse(newSigner(t, "signer").sign(t, `{"iat":1,"software_roles":["b","a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	before := statement.ClaimsJSON()
	if digest := statement.Digest(); len(digest) != 64 {
		t.Errorf("digest %q is not a hex SHA-256", digest)
	}
	if after := statement.ClaimsJSON(); after != before || !strings.Contains(after, `["b","a"]`) {
		t.Errorf("claims changed from %s to %s", before, after)
	}
}

func FuzzParse(f *testing.F) {
	signer := newSigner(f, "signer")
	f.Add(signer.sign(f, `{"iat":1618695928,"software_id":"app","software_redirect_uris":["https://a.example"]}`))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		statement, err := Parse(token)
		if err != nil {
			var parse *ParseError
			if !errors.As(err, &parse) {
				t.Fatalf("untyped error %T", err)
			}
			return
		}
		again, err := Parse(statement.Token)
		if err != nil || again.Digest() != statement.Digest() || again.ClaimsJSON() != statement.ClaimsJSON() {
			t.Fatalf("a parsed statement does not parse alike again: %v", err)
		}
		if statement.Algorithm == "none" || strings.HasPrefix(statement.Algorithm, "HS") {
			t.Fatalf("accepted algorithm %q", statement.Algorithm)
		}
	})
}
