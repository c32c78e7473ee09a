package conn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func complete() conn.DirectorySettings {
	return conn.DirectorySettings{
		Configured: true, APIURL: "https://api.example", Issuer: "https://auth.example", KeystoreURL: "https://keys.example", OrganisationID: "org",
		Credentials: oauth.ClientCredentials{ClientID: "client"},
	}
}

func TestDirectoryNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*conn.DirectorySettings)
		want   string
	}{
		{"not configured", func(s *conn.DirectorySettings) { *s = conn.DirectorySettings{} }, "no directory is configured"},
		{"mutual TLS without a certificate", func(*conn.DirectorySettings) {}, "the directory configuration lacks client_certificate_pem, private_key_pem"},
		{"private_key_jwt without a key", func(s *conn.DirectorySettings) { s.Credentials.Method = oauth.AuthPrivateKeyJWT }, "the directory configuration lacks signing_key_pem"},
		{"no secret", func(s *conn.DirectorySettings) { s.Credentials.Method = oauth.AuthClientSecretBasic }, "the directory configuration lacks client_secret"},
		{"nothing but a token", func(s *conn.DirectorySettings) {
			*s = conn.DirectorySettings{Configured: true, AccessToken: "token"}
		}, "the directory configuration lacks api_url, organisation_id, keystore_url"},
		{"nothing at all", func(s *conn.DirectorySettings) {
			*s = conn.DirectorySettings{Configured: true, Credentials: oauth.ClientCredentials{Method: oauth.AuthClientSecretBasic}}
		}, "the directory configuration lacks api_url, organisation_id, keystore_url, issuer, client_id, client_secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			settings := complete()
			c.change(&settings)
			connection := conn.New(conn.Settings{Directory: settings})
			_, err := connection.Directory()
			if missing := as[*conn.MissingError](t, err); missing.Error() != c.want {
				t.Errorf("%q, want %q", missing, c.want)
			}
			if connection.HasDirectory() != settings.Configured {
				t.Errorf("HasDirectory is %v", connection.HasDirectory())
			}
		})
	}
}

func TestDirectoryWithUnknownValues(t *testing.T) {
	t.Parallel()
	settings := complete()
	settings.Unknown = []string{"client_certificate_pem", "private_key_pem"}
	connection := conn.New(conn.Settings{Directory: settings})
	_, err := connection.Directory()
	unknown := as[*conn.UnknownError](t, err)
	if unknown.Owner != conn.OwnerDirectory || unknown.Error() != "directory: not known yet: client_certificate_pem, private_key_pem" {
		t.Errorf("error %q", unknown)
	}
	if connection.HasDirectory() {
		t.Error("a directory whose configuration is not known counts as one")
	}
}

func TestCredentialsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"
	settings := complete()
	settings.Identity = rest.Identity{CertificatePEM: "no certificate", PrivateKeyPEM: pem}
	connection := conn.New(conn.Settings{Directory: settings})
	_, err := connection.Directory()
	_, own := connection.HTTP(settings.Identity, conn.OwnerResource)
	for owner, err := range map[conn.Owner]error{conn.OwnerDirectory: err, conn.OwnerResource: own} {
		credential := as[*conn.CredentialError](t, err)
		if identity := as[*rest.IdentityError](t, err); credential.Owner != owner || identity.Field != "client_certificate_pem" {
			t.Errorf("%s: %+v", owner, credential)
		}
		if strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%s: the error carries the key", owner)
		}
	}
}

func TestDirectoryIsMadeOnce(t *testing.T) {
	t.Parallel()
	settings := complete()
	settings.AccessToken = "token"
	settings.Administrator = "administrator"
	connection := conn.New(conn.Settings{Directory: settings})
	one, err := connection.Directory()
	must(t, err)
	two, err := connection.Directory()
	must(t, err)
	if one != two || !connection.HasDirectory() || !connection.KnowsAdministrator() || connection.OrganisationID() != "org" || connection.Now == nil {
		t.Errorf("connection %p and %p", one, two)
	}
	plain, err := connection.HTTP(rest.Identity{}, conn.OwnerRegistration)
	must(t, err)
	again, err := connection.HTTP(rest.Identity{}, conn.OwnerResource)
	must(t, err)
	if plain != again || connection.Discovery() == nil {
		t.Error("connections of one identity are not shared")
	}
}

// The registrar trusts the origins it is given and the provider's, and the
// one does not grow into the other.
func TestRegistrarTrustsAllowedOrigins(t *testing.T) {
	t.Parallel()
	given := make([]string, 1, 8)
	given[0] = "https://bank.example/register"
	connection := conn.New(conn.Settings{Registration: conn.RegistrationSettings{AllowedOrigins: []string{"https://manage.example"}}})
	for range 2 {
		_, err := connection.Registrar(nil, given, false).Read(t.Context(), dcr.Management{URI: "https://evil.example/one", Token: "token"})
		var origin *dcr.OriginError
		if !errors.As(err, &origin) || strings.Join(origin.Trusted, " ") != "https://bank.example:443 https://manage.example:443" {
			t.Errorf("error %+v", err)
		}
	}
	if given[:2][1] != "" {
		t.Error("the caller's slice was written to")
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	connection := conn.New(conn.Settings{})
	for _, c := range []struct {
		data   any
		want   *conn.Conn
		errors int
	}{{nil, nil, 0}, {connection, connection, 0}, {"something", nil, 1}} {
		var diags diag.Diagnostics
		if got := conn.From(c.data, &diags); got != c.want || diags.ErrorsCount() != c.errors {
			t.Errorf("From(%T) is %p with %v", c.data, got, diags)
		}
	}
}

// An endpoint that a server on the open net published must not lead inside.
func TestRegistrarStaysOutside(t *testing.T) {
	t.Parallel()
	connection := conn.New(conn.Settings{})
	client, err := connection.HTTP(rest.Identity{}, conn.OwnerRegistration)
	if err != nil {
		t.Fatal(err)
	}
	for _, outside := range []bool{true, false} {
		_, err := connection.Registrar(client, nil, outside).Register(t.Context(), dcr.RegisterRequest{Endpoint: "https://127.0.0.1:1/register"})
		var inside *rest.InsideError
		if errors.As(err, &inside) != outside {
			t.Errorf("outside %v: error %v", outside, err)
		}
	}
}

// TestNewClientTokens: what is fetched to find out whether a client works comes from no cache.
func TestNewClientTokens(t *testing.T) {
	t.Parallel()
	c := conn.New(conn.Settings{})
	credentials := oauth.ClientCredentials{ClientID: "one"}
	const issuer = "https://bank.example"
	if c.ClientTokens(nil, issuer, "", credentials) != c.ClientTokens(nil, issuer, "", credentials) {
		t.Error("the tokens of one client are fetched twice")
	}
	if c.ClientTokens(nil, issuer, "", credentials) == c.NewClientTokens(nil, issuer, "", credentials) {
		t.Error("a new source has the tokens of the old one")
	}
}
