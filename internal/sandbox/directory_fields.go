package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// fieldKind is how a member of a software statement is checked.
type fieldKind int

const (
	kindText fieldKind = iota
	kindURI
	kindURIs
	kindFlags
	kindNumber
	kindBoolean
	kindUUID
	kindLogo
	kindJSON
	kindRoles
)

// field is one member of a software statement request (Raidiam Connect SoftwareStatementRequest).
type field struct {
	name     string
	kind     fieldKind
	required bool
	limit    int
	pattern  *regexp.Regexp
	allowed  []string
	fallback any
}

var (
	webPattern     = regexp.MustCompile(`^(http://|https://)[^\s<>]+$`)
	webhookPattern = regexp.MustCompile(`^https://[^\s/?#]+(/[^\s/?#]+)*$`)
	originPattern  = regexp.MustCompile(`^(https://[^\s<>]+|android:apk-key-hash:[a-zA-Z0-9-]+|ios:bundle-id:[a-zA-Z][-a-zA-Z0-9.]*)$`)
	logoPattern    = regexp.MustCompile(`^((http://|https://)[^\s<>]+|data:image/[a-zA-Z]+;base64,[A-Za-z0-9+/]*={0,2})$`)
	uuidPattern    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// applicationFields is the table of what a software statement may hold.
func applicationFields() []field {
	return []field{
		{name: "ClientName", required: true, limit: 255},
		{name: "Version", kind: kindNumber, required: true},
		{name: "LogoUri", kind: kindLogo, required: true, pattern: logoPattern},
		{name: "RedirectUri", kind: kindURIs, required: true, limit: 255, pattern: webPattern},
		{name: "ClientUri", kind: kindURI, limit: 255, pattern: webPattern},
		{name: "HomepageUri", kind: kindURI, limit: 255, pattern: webPattern},
		{name: "PolicyUri", kind: kindURI, limit: 255, pattern: webPattern},
		{name: "TermsOfServiceUri", kind: kindURI, limit: 255, pattern: webPattern},
		{name: "PostLogoutRedirectUris", kind: kindURIs, limit: 255, pattern: webPattern},
		{name: "Description", limit: 255},
		{name: "Environment", limit: 40},
		{name: "Mode", allowed: []string{"Live", "Test"}, fallback: "Live"},
		{name: "OnBehalfOf", limit: 255},
		{name: "Flags", kind: kindFlags, limit: 40},
		{name: "NotificationWebhook", kind: kindURI, limit: 255, pattern: webPattern},
		{name: "ApiWebhookUri", kind: kindURIs, limit: 255, pattern: webhookPattern},
		{name: "OriginUri", kind: kindURIs, limit: 255, pattern: originPattern},
		{name: "RelatedAuthorisationServer", kind: kindUUID, pattern: uuidPattern},
		{name: "RequireSignedRequestObject", kind: kindBoolean, fallback: true},
		{name: "TlsClientCertificateBoundAccessTokens", kind: kindBoolean, fallback: true},
		{name: "IdTokenSignedResponseAlgorithm", allowed: []string{"PS256", "RS256"}, fallback: "PS256"},
		{name: "TokenEndpointAuthMethod", allowed: []string{methodPrivateKey, methodMutualTLS, methodBasic}, fallback: methodPrivateKey},
		{name: "OpenidFederationEnabled", kind: kindBoolean, fallback: false},
		{name: "OpenidFederationEntityManagementType", allowed: []string{"openid_entity_federation_managed", "openid_entity_self_managed"}},
		{name: "AdditionalSoftwareMetadata", kind: kindJSON, limit: 255, fallback: "{}"},
	}
}

// readClientID is the client ID a request asks for, where the directory takes one; otherwise the present one.
func (s *Sandbox) readClientID(request map[string]any, present string) (string, []string) {
	value, given := request["ClientId"]
	if !s.options.Directory.TakeClientID || !given || value == nil {
		return present, nil
	}
	text, isText := value.(string)
	switch {
	case !isText || text == "":
		return present, []string{"ClientId: must be a string"}
	default:
		if problem := (field{limit: 255}).checkText(text); problem != "" {
			return present, []string{"ClientId: " + problem}
		}
		return text, nil
	}
}

// checkFields reads a request by the table: the fields to store, and every broken rule.
func (s *Sandbox) checkFields(request map[string]any) (map[string]any, []string) {
	out := map[string]any{}
	var broken []string
	for _, f := range applicationFields() {
		value, given := request[f.name]
		if f.name == "HomepageUri" && s.options.Directory.WithoutNewerMembers {
			continue
		}
		if !given || value == nil {
			if f.required {
				broken = append(broken, f.name+": must not be null")
			} else if f.fallback != nil {
				out[f.name] = f.fallback
			}
			continue
		}
		stored, problem := f.check(value)
		if problem != "" {
			broken = append(broken, f.name+": "+problem)
			continue
		}
		if list, isList := stored.([]string); isList && len(list) == 0 {
			continue
		}
		out[f.name] = stored
	}
	return out, broken
}

func (f field) check(value any) (any, string) {
	switch f.kind {
	case kindURIs, kindFlags:
		return f.checkList(value)
	case kindNumber:
		number, ok := value.(json.Number)
		if !ok {
			return nil, "must be a number"
		}
		version, err := number.Float64()
		if err != nil || version < 0 || len(number.String()) > 40 {
			return nil, "must be a number"
		}
		return version, ""
	case kindBoolean:
		if _, ok := value.(bool); !ok {
			return nil, "must be true or false"
		}
		return value, ""
	default:
		text, ok := value.(string)
		if !ok {
			return nil, "must be a string"
		}
		return text, f.checkText(text)
	}
}

func (f field) checkText(text string) string {
	switch {
	case f.required && strings.TrimSpace(text) == "":
		return "must not be blank"
	case f.limit > 0 && utf8.RuneCountInString(text) > f.limit:
		return fmt.Sprintf("size must be between 0 and %d", f.limit)
	case f.pattern != nil && !f.pattern.MatchString(text):
		return fmt.Sprintf("must match %q", f.pattern)
	case f.kind == kindText && strings.ContainsAny(text, "<>"):
		return `must match "^[^<>]*$"`
	case f.allowed != nil && !slices.Contains(f.allowed, text):
		return "must be one of " + strings.Join(f.allowed, ", ")
	case f.kind == kindJSON && !json.Valid([]byte(text)):
		return "must be JSON"
	default:
		return ""
	}
}

func (f field) checkList(value any) (any, string) {
	list, ok := value.([]any)
	if !ok {
		return nil, "must be an array"
	}
	if f.required && len(list) == 0 {
		return nil, "must not be empty"
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, "must be an array of strings"
		}
		if problem := f.checkText(text); problem != "" {
			return nil, problem
		}
		out = append(out, text)
	}
	return out, ""
}

// isKnownField says whether the OpenAPI document names a member of requests or answers.
func isKnownField(name string) bool {
	if slices.ContainsFunc(applicationFields(), func(f field) bool { return f.name == name }) {
		return true
	}
	return isOneOf(name, "SoftwareStatementId", "OrganisationId", "ClientId", "ClientSecret", "Status", "Locked", "RtsClientCreated",
		"NotificationWebhookStatus", "CreatedAt", "FederationEndpoint", "UpdateFailed", "UpdateFailedReason",
		"SoftwareStatementCertifications", "OperationWarnings", "Roles")
}
