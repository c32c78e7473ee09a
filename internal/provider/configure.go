package provider

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

const (
	defaultTimeout    = 30 * time.Second
	leastTimeout      = 100 * time.Millisecond
	defaultMaxRetries = 4
	defaultScope      = "directory:software"
	// leastRate is one request in 100 seconds.
	leastRate = 0.01
)

// environment reads configuration from environment variables.
type environment struct {
	getenv func(string) string
	// given reports whether a variable is set, also to nothing.
	given func(string) bool
	// ring opens what is sealed.
	ring *seal.Ring
}

func newEnvironment(getenv func(string) string) environment {
	if getenv == nil {
		return environment{getenv: os.Getenv, given: func(name string) bool { _, set := os.LookupEnv(name); return set }}
	}
	return environment{getenv: getenv, given: func(name string) bool { return getenv(name) != "" }}
}

// group resolves the attributes of one nested object: the configuration wins,
// then NAME, then the file that NAME_FILE (for NAME_PEM: without _PEM) names.
type group struct {
	env     environment
	prefix  string
	path    path.Path
	diags   *diag.Diagnostics
	unknown []string
	set     bool
}

func (g *group) text(name string, value types.String) string {
	switch {
	case value.IsUnknown():
		g.unknown = append(g.unknown, name)
		return ""
	case !value.IsNull():
		return value.ValueString()
	}
	variable := g.prefix + strings.ToUpper(name)
	if v := g.env.getenv(variable); v != "" {
		g.set = true
		g.check(variable, name, v)
		return v
	}
	file := strings.TrimSuffix(variable, "_PEM") + "_FILE"
	named := g.env.getenv(file)
	if named == "" {
		return ""
	}
	g.set = true
	raw, err := os.ReadFile(named) //nolint:gosec // The file is named by whoever runs Terraform.
	if err != nil {
		g.diags.AddAttributeError(g.path, "A file named by an environment variable cannot be read",
			fmt.Sprintf("%s: %v.\n\nSet the variable to the name of a readable file, or unset it.", file, err))
		return ""
	}
	held := strings.TrimSpace(string(raw))
	if strings.HasSuffix(variable, "_PEM") {
		return held + "\n"
	}
	g.check(file, name, held)
	return held
}

// secret is text that may be sealed, such as an attribute of a resource of another provider configuration.
func (g *group) secret(name string, value types.String) rest.Secret {
	plain, err := g.env.ring.Open(strings.TrimSpace(g.text(name, value)))
	if err != nil {
		g.diags.AddAttributeError(g.path.AtName(name), "A sealed secret cannot be opened",
			fmt.Sprintf("%s was sealed with the key %s: %v. %s\n\nGive the key it was sealed with as sealing_key or in previous_sealing_keys.", name, seal.KeyID(strings.TrimSpace(g.text(name, value))), err, keysOf(g.env.ring)))
	}
	return rest.Secret(strings.TrimSpace(plain))
}

func keysOf(ring *seal.Ring) string {
	if ids := ring.KeyIDs(); len(ids) > 0 {
		return "The provider has " + strings.Join(ids, ", ") + "."
	}
	return "The provider has no key."
}

func (g *group) identity(certificate, key, ca types.String) rest.Identity {
	return rest.Identity{
		CertificatePEM:    g.text("client_certificate_pem", certificate),
		PrivateKeyPEM:     g.secret("private_key_pem", key),
		CACertificatesPEM: g.text("ca_certificates_pem", ca),
	}
}

// settings applies environment variables, presets and defaults.
func (m Model) settings(ctx context.Context, env environment, diags *diag.Diagnostics) conn.Settings {
	retries := int(m.MaxRetries.ValueInt64())
	if m.MaxRetries.IsNull() || m.MaxRetries.IsUnknown() {
		retries = env.retries(diags)
	}
	rate := m.RequestsPerSecond.ValueFloat64()
	if m.RequestsPerSecond.IsNull() || m.RequestsPerSecond.IsUnknown() {
		rate = env.rate(diags)
	}
	top := &group{env: env, prefix: "DCR_", path: path.Empty(), diags: diags}
	return conn.Settings{
		JournalPath: top.text("journal_path", m.JournalPath), JournalUnknown: m.JournalPath.IsUnknown(),
		Directory:    m.directory(ctx, env, diags),
		Registration: m.registration(ctx, env, diags),
		HTTP:         rest.Options{Timeout: m.timeout(env, diags), MaxRetries: retries, RequestsPerSecond: rate},
	}
}

func (m Model) directory(ctx context.Context, env environment, diags *diag.Diagnostics) conn.DirectorySettings {
	if m.Directory.IsUnknown() {
		return conn.DirectorySettings{Configured: true, Unknown: []string{"*"}}
	}
	var d DirectoryModel
	if !m.Directory.IsNull() {
		diags.Append(m.Directory.As(ctx, &d, basetypes.ObjectAsOptions{})...)
	}
	g := &group{env: env, prefix: "DCR_DIRECTORY_", path: path.Root("directory"), diags: diags}
	preset := directory.Deployment{}
	if name := g.text("ecosystem", d.Ecosystem); name != "" {
		known, ok := directory.Ecosystem(name)
		if !ok {
			diags.AddAttributeError(path.Root("directory").AtName("ecosystem"), "The ecosystem is not known",
				fmt.Sprintf("DCR_DIRECTORY_ECOSYSTEM is %q. %s", name, fw.OneOf(directory.Ecosystems())))
		}
		preset = known
	}
	var overruled []string
	address := func(name string, value types.String, known string) string {
		given := g.text(name, value)
		if given != "" && given != known && known != "" && value.IsNull() && !d.Ecosystem.IsNull() {
			overruled = append(overruled, g.prefix+strings.ToUpper(name))
		}
		return cmp.Or(given, known)
	}
	s := conn.DirectorySettings{
		APIURL:          address("api_url", d.APIURL, preset.APIURL),
		Issuer:          address("issuer", d.Issuer, preset.Issuer),
		KeystoreURL:     address("keystore_url", d.KeystoreURL, preset.KeystoreURL),
		ParticipantsURL: address("participants_url", d.ParticipantsURL, preset.ParticipantsURL),
		Identity:        g.identity(d.ClientCertificatePEM, d.PrivateKeyPEM, d.CACertificatesPEM),
		AccessToken:     g.secret("access_token", d.AccessToken),
		Administrator:   g.secret("administrator_access_token", d.AdministratorAccessToken),
		Credentials: oauth.ClientCredentials{
			ClientID:      g.text("client_id", d.ClientID),
			Method:        oauth.AuthMethod(cmp.Or(g.text("auth_method", d.AuthMethod), string(oauth.AuthTLSClient))),
			Secret:        g.secret("client_secret", d.ClientSecret),
			SigningKeyPEM: g.secret("signing_key_pem", d.SigningKeyPEM),
			SigningKeyID:  g.text("signing_key_id", d.SigningKeyID),
			Scope:         cmp.Or(g.text("scope", d.Scope), defaultScope),
		},
	}
	if len(overruled) > 0 {
		// So a configuration is tried against the sandbox; by mistake, production is made elsewhere.
		diags.AddAttributeWarning(g.path.AtName("ecosystem"), "The environment names another directory than the configuration",
			fmt.Sprintf("The configuration has ecosystem = %q, and %s of the environment go before what that stands for: what this run does, it does at %s.\n\n"+
				"If that is not meant, such as for a second configuration (alias) of the provider, unset these variables, or set the attributes of the same names.", d.Ecosystem.ValueString(), strings.Join(overruled, ", "), s.APIURL))
	}
	organisation := &group{env: env, prefix: "DCR_", path: path.Root("directory"), diags: diags}
	s.OrganisationID = organisation.text("organisation_id", d.OrganisationID)
	s.Unknown = append(g.unknown, organisation.unknown...)
	s.Configured = !m.Directory.IsNull() || g.set
	return s
}

func (m Model) registration(ctx context.Context, env environment, diags *diag.Diagnostics) conn.RegistrationSettings {
	if m.Registration.IsUnknown() {
		return conn.RegistrationSettings{Unknown: []string{"*"}}
	}
	var r RegistrationModel
	if !m.Registration.IsNull() {
		diags.Append(m.Registration.As(ctx, &r, basetypes.ObjectAsOptions{})...)
	}
	g := &group{env: env, prefix: "DCR_REGISTRATION_", path: path.Root("registration"), diags: diags}
	s := conn.RegistrationSettings{
		Identity:           g.identity(r.ClientCertificatePEM, r.PrivateKeyPEM, r.CACertificatesPEM),
		InitialAccessToken: g.secret("initial_access_token", r.InitialAccessToken),
		SigningKeyPEM:      g.secret("signing_key_pem", r.SigningKeyPEM),
		SigningKeyID:       g.text("signing_key_id", r.SigningKeyID),
	}
	bare := &group{env: env, prefix: "DCR_", path: path.Root("registration"), diags: diags}
	s.RegistrationAccessToken = bare.secret("registration_access_token", r.RegistrationAccessToken)
	s.AllowedOrigins = fw.Strings(r.AllowedManagementOrigins.Elements())
	if !r.AllowedManagementOrigins.IsNull() && !fw.FullyKnown(r.AllowedManagementOrigins) {
		g.unknown = append(g.unknown, "allowed_management_origins")
	}
	if r.AllowedManagementOrigins.IsNull() {
		const variable = "DCR_REGISTRATION_ALLOWED_MANAGEMENT_ORIGINS"
		s.AllowedOrigins = strings.Fields(env.getenv(variable))
		for _, origin := range s.AllowedOrigins {
			obey(fw.Origin(), variable, g.path.AtName("allowed_management_origins"), origin, diags)
		}
	}
	s.Unknown = append(g.unknown, bare.unknown...)
	sort.Strings(s.Unknown)
	return s
}

func (m Model) timeout(env environment, diags *diag.Diagnostics) time.Duration {
	value := cmp.Or(m.RequestTimeout.ValueString(), env.getenv("DCR_REQUEST_TIMEOUT"))
	if value == "" {
		return defaultTimeout
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < leastTimeout {
		diags.AddAttributeError(path.Root("request_timeout"), "The request timeout is not valid",
			fmt.Sprintf("%q is not a duration such as 30s, of at least %s (DCR_REQUEST_TIMEOUT, or the attribute).", value, leastTimeout))
		return defaultTimeout
	}
	return d
}

// rate is the highest rate of requests; zero is no limit.
func (e environment) rate(diags *diag.Diagnostics) float64 {
	const variable = "DCR_REQUESTS_PER_SECOND"
	value := e.getenv(variable)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n != 0 && n < leastRate || math.IsNaN(n) || math.IsInf(n, 0) {
		diags.AddAttributeError(path.Root("requests_per_second"), "An environment variable is not a number",
			fmt.Sprintf("%s is %q.\n\nGive a number of at least %v, or unset it.", variable, value, leastRate))
		return 0
	}
	return n
}

func (e environment) retries(diags *diag.Diagnostics) int {
	const variable, most = "DCR_MAX_RETRIES", 20
	value := e.getenv(variable)
	if value == "" {
		return defaultMaxRetries
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		diags.AddAttributeError(path.Root("max_retries"), "An environment variable is not a number",
			fmt.Sprintf("%s is %q.\n\nGive a whole number from 0 to %d, or unset it.", variable, value, most))
		return defaultMaxRetries
	}
	return n
}
