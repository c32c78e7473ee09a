package diagnose_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	endpoint = "https://bank.example/register"
	client   = "https://bank.example/clients/one"
)

func bank() diagnose.Target {
	return diagnose.AuthorizationServer("issuer", []string{"client_certificate_pem", "ca_certificates_pem"}, map[string]path.Path{"redirect_uris": path.Root("redirect_uris"), "jwks_uri": path.Root("jwks_uri"), "scope": path.Root("scope")})
}

func shared() diagnose.Target {
	return diagnose.AuthorizationServer("registration_endpoint", nil, nil)
}

func sent() diagnose.Sent {
	issued := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return diagnose.Sent{
		Statement:    &jws.Statement{Issuer: "Sandbox", SoftwareID: "app-1", IssuedAt: issued, RedirectURIs: []string{"https://app.example/cb"}},
		RedirectURIs: []string{"https://app.example/cb", "https://app.example/new"}, Now: issued.Add(6*time.Minute + 400*time.Millisecond),
	}
}

func TestRefusedRegistrationMessages(t *testing.T) {
	t.Parallel()
	say := func(name, at string, code int, body func(*rest.StatusError)) spoken {
		return spoken{name, at, bank().Registration(status("POST", endpoint, code, body), "register the client", sent())}
	}
	from := sent()
	from.StatementAttribute = "software_statement_wo"
	against := sent()
	against.Contradictions = []string{"jwks_uri: \"https://a\" is not the software statement's software_jwks_uri, which is \"https://b\"."}
	undated := sent()
	undated.Statement.IssuedAt = time.Time{}
	golden(t, "registration", []spoken{
		say("invalid_redirect_uri", "redirect_uris", 400, oauthError("invalid_redirect_uri", "not in the statement")),
		say("invalid_software_statement", "software_statement", 400, oauthError("invalid_software_statement", "expired")),
		{"invalid_software_statement of a write-only attribute", "software_statement_wo", bank().Registration(status("POST", endpoint, 400, oauthError("invalid_software_statement", "")), "register the client", from)},
		{"invalid_software_statement without one", "software_statement", bank().Registration(status("POST", endpoint, 400, oauthError("invalid_software_statement", "missing")), "register the client", diagnose.Sent{})},
		{"invalid_software_statement without iat", "software_statement", bank().Registration(status("POST", endpoint, 400, oauthError("invalid_software_statement", "")), "register the client", undated)},
		{"invalid_client_metadata against the statement", "jwks_uri", bank().Registration(status("POST", endpoint, 400, oauthError("invalid_client_metadata", "jwks_uri")), "register the client", against)},
		say("unapproved_software_statement", "software_statement", 400, oauthError("unapproved_software_statement", "")),
		say("invalid_client_metadata", "jwks_uri", 400, oauthError("invalid_client_metadata", "jwks_uri differs from the statement's.")),
		say("invalid_client_metadata about two members", "", 400, oauthError("invalid_client_metadata", "jwks_uri and scope")),
		say("a second registration", "", 400, oauthError("invalid_client_metadata", "software already registered")),
		{"no statement", "software_statement", bank().Registration(status("POST", endpoint, 400, oauthError("invalid_software_statement", "a software statement is required")), "register the client", diagnose.Sent{})},
		{"no statement, in other words", "software_statement", bank().Registration(status("POST", endpoint, 400, oauthError("invalid_request", "software_statement is missing")), "register the client", diagnose.Sent{})},
		say("a member that is taken", "jwks_uri", 400, oauthError("invalid_client_metadata", "a client with this jwks_uri already exists")),
		say("400 of its own", "", 400, oauthError("invalid_request", "a client exists for this software")),
		say("400 access_denied", "client_certificate_pem", 400, oauthError("access_denied", "")),
		say("invalid_client_metadata without words", "", 400, oauthError("invalid_client_metadata", "")),
		say("a second registration, in problem details", "", 400, words("Conflict", "a client of this software exists")),
		say("400 of a framework", "", 400, oauthError("Bad Request", "")),
		say("400 HTML", "", 400, func(e *rest.StatusError) { e.ContentType = "text/html" }),
		say("401", "client_certificate_pem", 401, oauthError("invalid_token", "")),
		say("403", "client_certificate_pem", 403, oauthError("insufficient_scope", "")),
		say("404", "issuer", 404, words()),
		say("405", "issuer", 405, words()),
		say("415", "issuer", 415, words()),
		say("422", "scope", 422, words("scope is too wide")),
		say("what is already there is no client", "scope", 422, words("scope is already limited")),
		say("no such client exists", "", 422, words("no such application exists")),
		say("429", "", 429, words()),
		say("501", "", 501, words()),
		say("503", "", 503, func(e *rest.StatusError) { e.HasRetryAfter = true }),
		say("409", "", 409, words("software already registered")),
		say("redirect to a slash", "registration_endpoint", 308, func(e *rest.StatusError) { e.Location = "https://bank.example:443" }),
		say("redirect", "issuer", 307, func(e *rest.StatusError) { e.Location = "https://www.bank.example" }),
		{"404 of the issuer", "issuer", bank().Discovery(status("GET", "https://bank.example/.well-known/openid-configuration", 404), "https://bank.example")},
		{"503 of the issuer", "", bank().Discovery(status("GET", "https://bank.example/.well-known/openid-configuration", 503), "https://bank.example")},
		{"401 with the provider's certificate", "", shared().Registration(status("POST", endpoint, 401), "register the client", diagnose.Sent{})},
		{"404 of an endpoint", "registration_endpoint", shared().Registration(status("POST", endpoint, 404), "register the client", diagnose.Sent{})},
		{"refused certificate", "client_certificate_pem", bank().Registration(&rest.TransportError{Method: "POST", URL: endpoint, Phase: rest.PhaseRefused, Err: errors.New("remote error: tls: bad certificate")}, "register the client", sent())},
		{"not reached", "issuer", bank().Registration(&rest.TransportError{Method: "POST", URL: endpoint, Phase: rest.PhaseDial, Err: errors.New("connection refused")}, "register the client", sent())},
	})
}

func TestAmbiguousRegistrationMessages(t *testing.T) {
	t.Parallel()
	say := func(name string, sent diagnose.Sent, partial *dcr.Registration, err error) spoken {
		return spoken{name, "issuer", bank().Registration(&dcr.AmbiguousError{Endpoint: endpoint, At: time.Date(2030, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600)), InteractionID: "interaction-1", Partial: partial, Err: err}, "register the client", sent)}
	}
	golden(t, "ambiguous", []spoken{
		say("no answer", sent(), nil, &rest.TransportError{Method: "POST", URL: endpoint, Phase: rest.PhaseSent, Err: errors.New("unexpected EOF")}),
		say("502", sent(), nil, status("POST", endpoint, 502, words("Bad Gateway."))),
		say("500 without words", diagnose.Sent{}, nil, status("POST", endpoint, 500)),
		say("HTML", diagnose.Sent{}, nil, &rest.BodyError{Method: "POST", URL: endpoint, Status: 200, Reason: "the body is not the JSON that was expected"}),
		say("half an answer", sent(), &dcr.Registration{ClientID: "one"}, errors.New("the answer 201 has no token")),
	})
}

func TestManagementMessages(t *testing.T) {
	t.Parallel()
	put := func(name, at string, code int, body func(*rest.StatusError)) spoken {
		return spoken{name, at, bank().Registration(status("PUT", client, code, body), "update the client", sent())}
	}
	replaced := bank().Replaced(&rest.TransportError{Method: "PUT", URL: client, Phase: rest.PhaseSent, Err: errors.New("EOF")}, status("GET", client, 401))
	lost := bank().Lost(status("GET", client, 401))
	lost.Known = diagnose.Probed(status("POST", endpoint, 401, oauthError("invalid_client", ""))).Sentence
	removal := func(name, at string, err error) spoken {
		return spoken{name, at, bank().Removal(fmt.Errorf("wrapped: %w", err), diagnose.Sent{ClientID: "one", Server: "https://bank.example"})}
	}
	golden(t, "management", []spoken{
		{"untrusted origin", "", bank().Registration(&dcr.OriginError{URI: "https://evil.example/one?token=x", Origin: "https://evil.example:443", Trusted: []string{"https://bank.example:443"}}, "read the registration", diagnose.Sent{})},
		{"moved", "registration_client_uri", bank().Registration(status("PUT", client, 308, func(e *rest.StatusError) { e.Location = "https://new.bank.example" }), "update the client", sent())},
		{"an address of plain http", "registration_client_uri", bank().Registration(&dcr.AddressError{Err: rest.CheckURL("http://bank.example/one?token=x")}, "read the registration", diagnose.Sent{})},
		{"another client", "", bank().Registration(&dcr.IdentityChangedError{Want: "one", Got: "two"}, "read the registration", diagnose.Sent{})},
		put("update, 400 with a code", "software_statement", 400, oauthError("invalid_software_statement", "")),
		put("update, 400", "", 400, oauthError("invalid_request", "no")),
		{"read, 400", "", bank().Registration(status("GET", client, 400, oauthError("invalid_request", "unknown client")), "read the registration", diagnose.Sent{})},
		{"removal, 400", "", bank().Registration(status("DELETE", client, 400, oauthError("invalid_request", "unknown client")), "remove the client", diagnose.Sent{})},
		put("update, 400 access_denied", "registration_access_token", 400, oauthError("access_denied", "")),
		put("update, 401", "registration_access_token", 401, oauthError("invalid_token", "")),
		put("update, 403", "client_certificate_pem", 403, words()),
		put("update, 404", "", 404, words()),
		put("update, 405", "", 405, words()),
		put("update, 410", "registration_access_token", 410, words()),
		put("update, 500", "", 500, words()),
		{"update, no answer", "issuer", bank().Registration(&rest.TransportError{Method: "PUT", URL: client, Phase: rest.PhaseTimeout, Err: errors.New("timeout")}, "update the client", sent())},
		{"read, 403", "client_certificate_pem", bank().Registration(status("GET", client, 403), "read the registration", diagnose.Sent{})},
		{"read, 503", "", bank().Registration(status("GET", client, 503), "read the registration", diagnose.Sent{})},
		{"update, lost with the token", "registration_access_token", replaced},
		{"lost with a probe", "", paragraphs(lost.Detail(diagnose.Kept))},
		removal("removal, alive", "", &dcr.AliveError{Status: 404, Registration: &dcr.Registration{}, Err: status("DELETE", client, 404)}),
		removal("removal, alive and busy", "", &dcr.AliveError{Status: 503, Registration: &dcr.Registration{}, Err: status("DELETE", client, 503)}),
		removal("removal, alive and never removed", "", &dcr.AliveError{Status: 501, Registration: &dcr.Registration{}, Err: status("DELETE", client, 501)}),
		removal("removal, alive though refused", "", &dcr.AliveError{Status: 401, Registration: &dcr.Registration{}, Err: status("DELETE", client, 401, words("Unauthorized."))}),
		removal("removal, refused", "registration_access_token", status("DELETE", client, 401)),
		removal("removal, refused certificate", "client_certificate_pem", &rest.TransportError{Method: "DELETE", URL: client, Phase: rest.PhaseRefused, Err: errors.New("remote error: tls: expired certificate")}),
		removal("removal, 403", "client_certificate_pem", status("DELETE", client, 403)),
		removal("removal, 405", "", status("DELETE", client, 405)),
		removal("removal, another client", "", fmt.Errorf("%w; and: %w", status("DELETE", client, 404), &dcr.IdentityChangedError{Want: "one", Got: "two"})),
		removal("removal, untrusted origin", "", &dcr.OriginError{Origin: "https://evil.example:443", Trusted: []string{"https://bank.example:443"}}),
	})
}
