package client

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

func root(name string) path.Expression { return path.MatchRoot(name) }

func managedString() []planmodifier.String { return []planmodifier.String{fw.Managed()} }

// unnamed refuses members that have an attribute of their own, or that only
// the server may set (RFC 7592 §2.2).
func unnamed() validator.String {
	taken := []string{"client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at",
		"registration_access_token", "registration_client_uri", "software_statement"}
	for _, m := range members() {
		taken = append(taken, m.name)
	}
	languageTag := regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	return fw.Rule("a JSON object without members that have an attribute of their own or that only the server sets", func(s string) string {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(s), &object) != nil {
			return ""
		}
		for name, value := range object {
			if slices.Contains(taken, name) {
				return fmt.Sprintf("%q does not belong in additional_metadata.", name)
			}
			if base, tag, tagged := strings.Cut(name, "#"); tagged && (!slices.Contains(languageDependent(), base) || !languageTag.MatchString(tag)) {
				return fmt.Sprintf("%q is no text in a language: that is one of %s with a language tag, such as client_name#pt-BR.", name, strings.Join(languageDependent(), ", "))
			}
			if v := strings.TrimSpace(string(value)); v == "null" || v == `""` || v == "[]" {
				return fmt.Sprintf("%q is empty; servers refuse or ignore empty members. Leave it out.", name)
			}
		}
		return ""
	})
}

// redirectURI accepts absolute URIs without fragment (RFC 6749 §3.1.2), those of
// native apps with a scheme of their own included (RFC 8252 §7.1).
func redirectURI() validator.String {
	return fw.Rule("an absolute URI without fragment, such as https://app.example.com/callback or com.example.app:/callback", func(s string) string {
		u, err := url.Parse(s)
		switch {
		case s != strings.TrimSpace(s):
			return fmt.Sprintf("%q begins or ends with white space.", s)
		case err != nil:
			return fmt.Sprintf("%q is no URI.", s)
		case u.Scheme == "":
			return fmt.Sprintf("%q has no scheme, such as https://.", s)
		case (u.Scheme == "https" || u.Scheme == "http") && u.Host == "":
			return fmt.Sprintf("%q names no host.", s)
		case strings.Contains(s, "#"):
			return fmt.Sprintf("%q has a fragment, which servers refuse.", s)
		}
		return ""
	})
}

// issuerItself refuses the URL of a discovery document in place of the issuer that publishes it.
func issuerItself() validator.String {
	return fw.Rule("the issuer itself, and not the URL of its discovery document", func(s string) string {
		for _, document := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
			if strings.HasSuffix(strings.TrimSuffix(s, "/"), document) {
				return fmt.Sprintf("%q is where the issuer publishes its metadata, which the provider finds by itself. Leave out %s.", s, document)
			}
		}
		return ""
	})
}

// languageDependent are the members that may have a language tag (RFC 7591 §2.2).
func languageDependent() []string {
	return []string{"client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"}
}

// publicKeys refuses key sets with private keys, which the server, and whoever
// reads its metadata, would then have.
func publicKeys() validator.String {
	return fw.Rule("a JSON Web Key Set of public keys", func(s string) string {
		var set struct {
			Keys []map[string]json.RawMessage `json:"keys"`
		}
		if json.Unmarshal([]byte(s), &set) != nil || set.Keys == nil {
			return "It has no array \"keys\" of JSON Web Keys (RFC 7517 §5)."
		}
		for i, key := range set.Keys {
			for _, private := range []string{"d", "p", "q", "k", "oth"} {
				if _, has := key[private]; has {
					return fmt.Sprintf("Key %d has the member %q: it is a private key (RFC 7518 §6). Leave out d, p, q, dp, dq, qi, oth and k.", i+1, private)
				}
			}
		}
		return ""
	})
}

// statement accepts compact JWS with an asymmetric signature. It never quotes
// the value, which is a credential of sorts.
func statement() validator.String {
	return fw.Rule("a software statement: a signed JWT (compact JWS) with an asymmetric algorithm", func(s string) string {
		if _, err := jws.Parse(s); err != nil {
			return "The value cannot be read: " + strings.TrimPrefix(err.Error(), "software statement: ") + "."
		}
		return ""
	})
}
