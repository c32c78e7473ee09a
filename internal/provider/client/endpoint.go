package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// endpoint is where a client is registered and which origins may manage it.
type endpoint struct {
	url string
	// all are the used endpoint, first, and the others the server publishes.
	all     []string
	origins []string
	// outside is set for an endpoint that a server on the open net published.
	outside bool
}

// identity is the TLS identity of the resource: its own, or the provider's.
func (r *Resource) identity(m Model) (rest.Identity, conn.Owner) {
	identity, owner := r.conn.Registration.Identity, conn.OwnerRegistration
	key := cmp.Or(m.writeOnly.key, m.secret("private_key_pem"))
	// A write-only key is not there to read and remove with: the provider's identity stands in.
	if m.Text("client_certificate_pem") != "" && (!key.Empty() || identity.PrivateKeyPEM.Empty()) {
		identity.CertificatePEM, identity.PrivateKeyPEM = m.Text("client_certificate_pem"), key
		owner = conn.OwnerResource
	}
	if m.Text("ca_certificates_pem") != "" {
		identity.CACertificatesPEM = m.Text("ca_certificates_pem")
	}
	return identity, owner
}

// http returns the HTTP client for the resource's identity.
func (r *Resource) http(m Model) (*rest.Client, error) {
	identity, owner := r.identity(m)
	var unknown []string
	for _, attribute := range r.conn.Registration.Unknown {
		given := m.Text(attribute) != "" || attribute == "private_key_pem" && !m.writeOnly.key.Empty()
		if attribute == "*" || !given && slices.Contains(identityAttributes(), attribute) {
			unknown = append(unknown, attribute)
		}
	}
	if len(unknown) > 0 {
		return nil, &conn.UnknownError{Owner: conn.OwnerRegistration, Attributes: unknown}
	}
	client, err := r.conn.HTTP(identity, owner)
	return client, m.owned(err)
}

// owned has an error of a TLS identity name the attribute that its part came from:
// certificate and key come together, certificate authorities on their own.
func (m Model) owned(err error) error {
	var (
		credential *conn.CredentialError
		identity   *rest.IdentityError
	)
	if !errors.As(err, &credential) || !errors.As(err, &identity) {
		return err
	}
	owned, part := *credential, *identity
	switch {
	case part.Field == "ca_certificates_pem" && m.Text(part.Field) != "":
		owned.Owner = conn.OwnerResource
	case part.Field == "ca_certificates_pem":
		owned.Owner = conn.OwnerRegistration
	case part.Field == "private_key_pem" && owned.Owner == conn.OwnerResource && !m.writeOnly.key.Empty():
		part.Field = "private_key_pem_wo"
	}
	owned.Err = &part
	return &owned
}

// checkIdentity finds out at plan time whether the TLS credentials can be used, as
// far as they are known: what fails here would fail the apply. A key that is
// sealed, and not to be opened here, is for the apply to judge.
func (r *Resource) checkIdentity(plan Model, action string, diags *diag.Diagnostics) bool {
	if r.conn == nil || plan.writeOnly.keyUnknown {
		return true
	}
	for _, name := range identityAttributes() {
		if plan.Values[name].IsUnknown() {
			return true
		}
	}
	var credential *conn.CredentialError
	if _, err := r.http(plan); errors.As(err, &credential) && !r.keySealed(plan, err) {
		diags.Append(plan.target().Diagnostic(err, action))
		return false
	}
	return true
}

// keySealed reports whether credentials cannot be used only because the key of mutual
// TLS came sealed and stays so here: as text, it would be blamed for being no PEM.
func (r *Resource) keySealed(m Model, err error) bool {
	var credential *conn.CredentialError
	identity, _ := r.identity(m)
	return errors.As(err, &credential) && seal.Is(identity.PrivateKeyPEM.Reveal())
}

// identityAttributes are the attributes that the resource and the provider's
// registration attribute both have.
func identityAttributes() []string {
	return []string{"client_certificate_pem", "private_key_pem", "ca_certificates_pem"}
}

// target words errors of this resource's server.
func (m Model) target() diagnose.Target {
	fields := map[string]path.Path{}
	for _, name := range metadataNames() {
		fields[name] = path.Root(name)
	}
	_, statement := m.statement()
	fields["software_statement"] = path.Root(statement)
	var own []string
	for _, name := range append(identityAttributes(), "signing_key_pem") {
		if m.Text(name) != "" {
			own = append(own, name)
		}
	}
	target := diagnose.AuthorizationServer(m.attribute(), own, fields)
	target.OwnToken, target.Recreate = m.byClientCredentials(), m.Text("on_unauthorized") == "recreate"
	return target
}

// attribute is the one that says which server it is.
func (m Model) attribute() string {
	if m.Text("registration_endpoint") != "" {
		return "registration_endpoint"
	}
	return "issuer"
}

// locate finds the registration endpoint: the explicit one, or the one the
// issuer's metadata gives, preferably its mutual-TLS alias when the client has
// a certificate (RFC 8705 §5).
func (r *Resource) locate(ctx context.Context, client *rest.Client, m Model) (endpoint, error) {
	var found endpoint
	found.trust(m.Text("issuer"))
	if explicit := m.Text("registration_endpoint"); explicit != "" {
		found.url, found.all = explicit, []string{explicit}
		found.trust(explicit)
		return found, nil
	}
	server, err := r.conn.Discovery().Fetch(ctx, client, m.Text("issuer"))
	if err != nil {
		return found, err
	}
	found.url, found.outside = server.RegistrationEndpoint, !server.Internal
	if alias := server.MTLSEndpointAliases.RegistrationEndpoint; alias != "" && client.HasCertificate() {
		found.url = alias
	}
	if found.url == "" {
		return found, &noRegistrationError{issuer: m.Text("issuer")}
	}
	for _, published := range []string{found.url, server.RegistrationEndpoint, server.MTLSEndpointAliases.RegistrationEndpoint} {
		if published != "" && !slices.Contains(found.all, published) {
			found.all = append(found.all, published)
			found.trust(published)
		}
	}
	return found, nil
}

// trust adds the origin of a URL to those that may manage the registration.
func (e *endpoint) trust(rawURL string) {
	if rawURL == "" {
		return
	}
	if origin, err := rest.Origin(rawURL); err == nil {
		e.origins = append(e.origins, origin)
	}
}

// noRegistrationError tells that discovery found no registration endpoint.
type noRegistrationError struct{ issuer string }

// Error names the issuer.
func (e *noRegistrationError) Error() string {
	return fmt.Sprintf("the discovery document of %s has no registration_endpoint", e.issuer)
}

// manager returns the RFC 7592 client for an existing registration. It trusts
// what was learnt at creation, so that managing needs no discovery.
func (r *Resource) manager(m Model, remembered memory) (*dcr.Client, error) {
	client, err := r.http(m)
	if err != nil {
		return nil, err
	}
	trusted := endpoint{origins: remembered.Origins}
	trusted.trust(m.Text("issuer"))
	trusted.trust(m.Text("registration_endpoint"))
	return r.conn.Registrar(client, trusted.origins, remembered.Outside && !r.named(m)), nil
}

// named reports whether the user named the origin at which a registration is
// managed: then it may lead to an internal address.
func (r *Resource) named(m Model) bool {
	at, err := rest.Origin(m.Text("registration_client_uri"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(append([]string{m.Text("registration_endpoint")}, r.conn.Registration.AllowedOrigins...), func(url string) bool {
		origin, err := rest.Origin(url)
		return err == nil && origin == at
	})
}

// exists finds out whether a client that was refused is there all the same.
func (r *Resource) exists(ctx context.Context, m Model, refusal error) diagnose.Probe {
	if m.byClientCredentials() {
		return diagnose.Probe{Exists: diagnose.Known(refusal), Sentence: m.expired(r.now())}
	}
	if over := m.outlived(r.now()); over != "" {
		return diagnose.Probe{Exists: true, Sentence: over}
	}
	return r.probe(ctx, m)
}

// probe asks the token endpoint whether it still knows the client, which the
// registration endpoint does not tell (RFC 7592 §2). It asks only with
// credentials the provider has and a method it speaks.
func (r *Resource) probe(ctx context.Context, m Model) diagnose.Probe {
	client, err := r.http(m)
	if err != nil || m.Text("issuer") == "" {
		return diagnose.Probe{}
	}
	server, err := r.conn.Discovery().Fetch(ctx, client, m.Text("issuer"))
	if err != nil {
		return diagnose.Probe{}
	}
	credentials, err := r.credentials(m, client)
	if err != nil {
		return diagnose.Probe{}
	}
	tokenEndpoint := server.TokenEndpoint
	if alias := server.MTLSEndpointAliases.TokenEndpoint; alias != "" && credentials.Method == oauth.AuthTLSClient {
		tokenEndpoint = alias
	}
	_, err = oauth.FetchToken(ctx, oauth.TokenRequest{HTTP: client, TokenEndpoint: tokenEndpoint, Credentials: credentials, Outside: !server.Internal, Now: r.conn.Now})
	return diagnose.Probed(err)
}

// authMethod is how the client authenticates: as registered, or by default
// (RFC 7591 §2).
func (m Model) authMethod() oauth.AuthMethod {
	var registered dcr.Metadata
	if json.Unmarshal([]byte(m.Text("registered_metadata")), &registered) == nil {
		if words := fw.Texts(registered["token_endpoint_auth_method"]); len(words) == 1 {
			return oauth.AuthMethod(words[0])
		}
	}
	if method := m.Text("token_endpoint_auth_method"); method != "" {
		return oauth.AuthMethod(method)
	}
	return oauth.AuthClientSecretBasic
}
