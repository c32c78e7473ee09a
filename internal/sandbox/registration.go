package sandbox

import (
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// registration is one client of a bank.
type registration struct {
	ID             string         `json:"id"`
	Metadata       map[string]any `json:"metadata"`
	Statement      string         `json:"statement,omitempty"`
	SoftwareID     string         `json:"software_id,omitempty"`
	Secret         string         `json:"secret,omitempty"`
	SecretExpires  int64          `json:"secret_expires,omitempty"`
	IssuedAt       int64          `json:"issued_at"`
	Token          string         `json:"token,omitempty"`
	TokenExpires   int64          `json:"token_expires,omitempty"`
	ManagePath     string         `json:"manage_path,omitempty"`
	ManageQuery    string         `json:"manage_query,omitempty"`
	RegisteredWith string         `json:"registered_with,omitempty"`
}

// refusal is why a registration request is turned down.
type refusal struct {
	status            int
	code, description string
	challenge         string
}

func refuse(code, description string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, description: description}
}

func (r *refusal) answer() answer {
	out := oauthError(r.status, r.code, r.description)
	if r.challenge != "" {
		out.header.Set("WWW-Authenticate", r.challenge)
	}
	return out
}

const (
	codeMetadata   = "invalid_client_metadata"
	codeRedirect   = "invalid_redirect_uri"
	codeStatement  = "invalid_software_statement"
	codeUnapproved = "unapproved_software_statement"
)

// enrolment is a registration request on its way through the checks.
type enrolment struct {
	call      *call
	given     map[string]any         // the request as sent
	metadata  map[string]any         // what will be stored
	signed    *jose.JSONWebSignature // the request itself, where it has to be a JWT
	statement string
	claims    map[string]any
	current   *registration // nil on POST
}

// register is the client registration endpoint (RFC 7591 §3).
func (b *bank) register(c *call) answer {
	e := &enrolment{call: c}
	for _, step := range []func(*enrolment) *refusal{
		b.checkContentType, b.checkInitialToken, b.checkCertificate, b.readBody, b.refuseEmpty, b.checkForbidden, b.readStatement, b.checkSigned, b.checkMetadata, b.checkUnique,
	} {
		if refused := step(e); refused != nil {
			return c.turned(refused)
		}
	}
	created := b.create(e)
	c.principal = created.ID
	c.effect = "registered client " + created.ID
	return b.registered(b.temper.CreatedStatus, created, true)
}

func (b *bank) checkContentType(e *enrolment) *refusal {
	media, _, err := mime.ParseMediaType(e.call.request.Header.Get("Content-Type"))
	if signed := b.temper.SignedRequests; signed != "" {
		if err == nil && media == signed {
			return nil
		}
		return &refusal{status: http.StatusUnsupportedMediaType, code: "invalid_request", description: "the content type has to be " + signed}
	}
	if err == nil && (media == "application/json" || e.call.request.Method == http.MethodPatch && media == "application/merge-patch+json") {
		return nil
	}
	return &refusal{status: http.StatusUnsupportedMediaType, code: "invalid_request", description: "the content type has to be application/json"}
}

// checkInitialToken asks for the initial access token where one is configured (RFC 7591 §3).
func (b *bank) checkInitialToken(e *enrolment) *refusal {
	if b.temper.InitialAccessToken == "" {
		return nil
	}
	if given, ok := bearer(e.call.request); ok && sameSecret(given, b.temper.InitialAccessToken) {
		return nil
	}
	return &refusal{
		status: http.StatusUnauthorized, code: "invalid_token", description: "a valid initial access token is required",
		challenge: `Bearer realm="registration", error="invalid_token"`,
	}
}

// checkCertificate asks for a client certificate that was not revoked.
func (b *bank) checkCertificate(e *enrolment) *refusal {
	if b.temper.NoMutualTLS {
		return nil
	}
	if e.call.certificate == nil {
		return &refusal{status: http.StatusUnauthorized, code: "invalid_client", description: "a client certificate is required; use the alias in mtls_endpoint_aliases"}
	}
	if b.sandbox.isRevoked(e.call.certificate) {
		return &refusal{status: http.StatusUnauthorized, code: "invalid_client", description: "the client certificate was revoked"}
	}
	return nil
}

func (b *bank) readBody(e *enrolment) *refusal {
	body := e.call.body
	if b.temper.SignedRequests != "" {
		signed, err := jose.ParseSignedCompact(string(body), []jose.SignatureAlgorithm{jose.PS256, jose.ES256})
		if err != nil {
			return refuse(codeMetadata, "the body is not a JWT signed with PS256 or ES256")
		}
		b.sandbox.remember(string(body))
		e.signed, body = signed, signed.UnsafePayloadWithoutVerification()
	}
	object, err := decodeObject(body)
	if err != nil {
		return refuse(codeMetadata, "the body is not one JSON object")
	}
	e.given = object
	return nil
}

// refuseEmpty turns down members that say nothing, as several servers do.
func (b *bank) refuseEmpty(e *enrolment) *refusal {
	for _, name := range sortedKeys(e.given) {
		empty := e.given[name] == nil || e.given[name] == ""
		if list, isList := e.given[name].([]any); isList && len(list) == 0 {
			empty = true
		}
		if empty {
			return refuse(codeMetadata, name+" must not be null or empty; leave it out")
		}
	}
	return nil
}

// checkForbidden turns down what only the server may say (RFC 7592 §2.2).
func (b *bank) checkForbidden(e *enrolment) *refusal {
	forbidden := []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"}
	if e.current == nil {
		forbidden = append(forbidden, "client_id", "client_secret")
	}
	for _, name := range forbidden {
		if _, sent := e.given[name]; sent {
			return &refusal{status: http.StatusBadRequest, code: "invalid_request", description: "the request must not contain " + name}
		}
	}
	return nil
}

// checkUnique: one software, one registration (Open Finance Brasil DCR §9.3.1).
func (b *bank) checkUnique(e *enrolment) *refusal {
	software := textOf(e.claims, "software_id")
	if software == "" || b.temper.AllowSecondRegistration {
		return nil
	}
	for _, known := range b.state.Clients {
		if known.SoftwareID == software {
			return refuse(codeMetadata, "the software "+software+" is already registered here")
		}
	}
	return nil
}

// create stores the new client and gives it what it needs to come back.
func (b *bank) create(e *enrolment) *registration {
	s := b.sandbox
	id := newClientID()
	if b.temper.PrintableClientIDs {
		id = printableClientID()
	}
	created := &registration{ID: id, Metadata: e.metadata, IssuedAt: s.now().Unix()}
	b.adopt(created, e)
	b.renewClientSecret(created, false)
	if !b.temper.NoManagement && !b.temper.ManagedByAccessToken {
		created.ManagePath = b.state.ManagePath + randomText(64, alphanumerics)
		created.ManageQuery = randomText(12, alphanumerics) + "=" + randomText(20, alphanumerics+"-._~")
		b.renewToken(created)
	}
	b.state.Clients[created.ID] = created
	b.state.Order = append(b.state.Order, created.ID)
	return created
}

// adopt remembers what a statement said about the client and spends it.
func (b *bank) adopt(client *registration, e *enrolment) {
	if e.statement == "" {
		return
	}
	client.Statement = e.statement
	client.SoftwareID = textOf(e.claims, "software_id")
	b.state.Statements[thumbprint([]byte(e.statement))] = b.sandbox.now()
	b.sandbox.remember(e.statement)
	// Statements too old to be accepted need not be remembered as used.
	for digest, seen := range b.state.Statements {
		if b.temper.StatementMaxAge > 0 && b.sandbox.now().Sub(seen) > b.temper.StatementMaxAge+2*clockSkew {
			delete(b.state.Statements, digest)
		}
	}
	if e.call.certificate != nil {
		client.RegisteredWith = thumbprint(e.call.certificate.Raw)
	}
}

func (b *bank) renewToken(client *registration) {
	client.Token, client.TokenExpires = randomText(48, alphanumerics+"-._~+/"), 0
	if b.temper.TokenLifetime > 0 {
		client.TokenExpires = b.sandbox.now().Add(b.temper.TokenLifetime).Unix()
		part := func(v any) string { return base64.RawURLEncoding.EncodeToString(encodeJSON(v)) }
		client.Token = part(map[string]any{"alg": "HS256"}) + "." + part(map[string]any{"exp": client.TokenExpires}) + "." + randomText(43, alphanumerics)
	}
	b.sandbox.remember(client.Token)
}

// renewClientSecret issues a secret to clients that authenticate with one, and to no others.
func (b *bank) renewClientSecret(client *registration, force bool) {
	if !isOneOf(textOf(client.Metadata, "token_endpoint_auth_method"), methodBasic, methodPost) {
		client.Secret, client.SecretExpires = "", 0
		return
	}
	if client.Secret != "" && !force {
		return
	}
	client.Secret = randomText(43, alphanumerics+"-._~+/")
	client.SecretExpires = 0
	if b.temper.SecretLifetime > 0 {
		client.SecretExpires = b.sandbox.now().Add(b.temper.SecretLifetime).Unix()
	}
	b.sandbox.remember(client.Secret)
}

// newClientID is made of VSCHARs (RFC 6749 §A.1), among them those a careless client would not escape.
func newClientID() string {
	odd := []byte(randomText(20, alphanumerics) + "/:+=~")
	for i := len(odd) - 1; i > 0; i-- {
		j := randomBelow(i + 1)
		odd[i], odd[j] = odd[j], odd[i]
	}
	return "client_" + string(odd) + randomText(2, alphanumerics)
}

// printableClientID has every kind of VSCHAR, in random order.
func printableClientID() string {
	all := make([]byte, 0, 0x7f-0x20)
	for c := byte(0x20); c < 0x7f; c++ {
		all = append(all, c)
	}
	return "client_" + randomText(40, string(all)) + "x"
}

// managementURI is the client configuration endpoint (RFC 7592 §2).
func (b *bank) managementURI(client *registration) string {
	origin := b.mutualOrigin
	switch {
	case b.temper.CrossOriginManagement:
		origin = b.strangeOrigin
	case b.temper.NoMutualTLS:
		origin = b.origin
	}
	return origin + client.ManagePath + "?" + client.ManageQuery
}

// document is everything the server says about a client, lists sorted and without
// duplicates, except that of preferences (OpenID Connect Dynamic Client Registration 1.0 §2).
func (b *bank) document(client *registration) map[string]any {
	out := map[string]any{}
	for name, value := range client.Metadata {
		out[name] = cloneValue(value)
		if list, isTexts := onlyTexts(value); isTexts && name != "default_acr_values" {
			slices.Sort(list)
			out[name] = slices.Compact(list)
		}
	}
	out["scope"] = sortedScope(textOf(out, "scope"))
	out["client_id"] = client.ID
	out["client_id_issued_at"] = client.IssuedAt
	out["x_registered_by"] = "sandbox " + b.name
	if client.Statement != "" {
		out["software_statement"] = client.Statement
	}
	return out
}

// registered is the client information response (RFC 7591 §3.2.1, RFC 7592 §3).
func (b *bank) registered(status int, client *registration, withCredentials bool) answer {
	out := b.document(client)
	if withCredentials {
		if client.Secret != "" {
			out["client_secret"] = client.Secret
			out["client_secret_expires_at"] = client.SecretExpires
		}
		if client.ManagePath != "" {
			out["registration_access_token"] = client.Token
			out["registration_client_uri"] = b.managementURI(client)
		}
	}
	return jsonAnswer(status, out).with("Cache-Control", "no-store")
}

func sortedScope(scope string) string {
	words := splitWords(scope)
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// secretExpired says whether a client secret is beyond its lifetime.
func (client *registration) secretExpired(now time.Time) bool {
	return client.SecretExpires != 0 && now.Unix() >= client.SecretExpires
}
