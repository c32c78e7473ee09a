package client

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// ValidateConfig finds combinations that no server takes.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	config := modelOf(ctx, req.Config.Schema, req.Config.Raw, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if config.Text("request_format") == formatJWT && config.Text("update_method") == methodPatch {
		resp.Diagnostics.AddAttributeError(path.Root("update_method"), "Signed requests cannot be patches",
			"A signed request says the whole metadata, so request_format = \"jwt\" and update_method = \"PATCH\" exclude each other.\n\nLeave out update_method.")
	}
	if !config.Values["client_certificate_pem"].IsNull() && config.Values["private_key_pem"].IsNull() && config.Values["private_key_pem_wo"].IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("client_certificate_pem"), "The private key of the certificate is missing",
			"A client certificate is used together with its private key, and there is neither private_key_pem nor private_key_pem_wo.\n\nSet one of them, or leave out client_certificate_pem for the provider's registration.client_certificate_pem.")
	}
	if config.byClientCredentials() && config.Values["issuer"].IsNull() && config.Values["token_endpoint"].IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("management_auth"), "The token endpoint is missing",
			"With management_auth = \"client_credentials\" the client fetches access tokens, and there is neither an issuer that publishes where nor a token_endpoint.\n\nSet issuer or token_endpoint.")
	}
}

// signsRequests reports whether registration requests are signed JWTs.
func (m Model) signsRequests() bool { return m.Text("request_format") == formatJWT }

// signingText is an attribute of request_signing, empty when it is not set or not known.
func (m Model) signingText(name string) string {
	object, ok := m.Values["request_signing"].(types.Object)
	if !ok {
		return ""
	}
	value, ok := object.Attributes()[name].(types.String)
	if !ok {
		return ""
	}
	return value.ValueString()
}

// signingKey is the key that signs: the resource's own, or the provider's. Its
// error is a *conn.UnknownError.
func (r *Resource) signingKey(m Model) (key rest.Secret, id string, err error) {
	if own := cmp.Or(m.writeOnly.signingKey, m.secret("signing_key_pem")); !own.Empty() {
		return own, m.Text("signing_key_id"), nil
	}
	for _, attribute := range r.conn.Registration.Unknown {
		if attribute == "*" || slices.Contains([]string{"signing_key_pem", "signing_key_id"}, attribute) {
			return "", "", &conn.UnknownError{Owner: conn.OwnerRegistration, Attributes: []string{"signing_key_pem"}}
		}
	}
	id = m.Text("signing_key_id")
	if id == "" {
		id = r.conn.Registration.SigningKeyID
	}
	return r.conn.Registration.SigningKeyPEM, id, nil
}

// signing is how the registration requests of the resource are signed; nil if they are not.
func (r *Resource) signing(m Model, statement *jws.Statement) (*dcr.Signing, diag.Diagnostic) {
	if !m.signsRequests() {
		return nil, nil
	}
	signer, problem := r.signer(m)
	if problem != nil {
		return nil, problem
	}
	signing := &dcr.Signing{Signer: signer, Issuer: m.signingText("issuer"), Audience: m.signingText("audience"), ContentType: m.signingText("content_type")}
	if signing.Issuer == "" && statement != nil {
		signing.Issuer = statement.SoftwareID
	}
	if signing.Audience == "" {
		signing.Audience = m.Text("issuer")
	}
	if signing.ContentType == "" {
		signing.ContentType = defaultContentType
	}
	lifetime := m.signingText("lifetime")
	if lifetime == "" {
		lifetime = defaultRequestLifetime
	}
	signing.Lifetime, _ = time.ParseDuration(lifetime) // The schema takes nothing else.
	block := path.Root("request_signing")
	switch {
	case signing.Issuer == "":
		return nil, diag.NewAttributeErrorDiagnostic(block, "The issuer of the signed request is missing",
			"A signed registration request names who sends it in iss. That is the software_id of the software statement, and there is no statement, or it names none.\n\nNothing was sent. Set request_signing.issuer.")
	case signing.Audience == "":
		return nil, diag.NewAttributeErrorDiagnostic(block, "The audience of the signed request is missing",
			"A signed registration request names the server in aud. That is the issuer, and the resource has none.\n\nNothing was sent. Set request_signing.audience to the name the server goes by, or issuer.")
	}
	return signing, nil
}

func (r *Resource) signer(m Model) (*oauth.Signer, diag.Diagnostic) {
	key, id, err := r.signingKey(m)
	if err == nil && key.Empty() {
		return nil, diag.NewAttributeErrorDiagnostic(path.Root("request_format"), "The key that signs requests is missing",
			"With request_format = \"jwt\" each registration request is signed by the software, and neither the resource nor the provider has a key.\n\n"+
				"Nothing was sent. Set signing_key_pem and signing_key_id, for example to those of a dcr_signing_certificate, or registration.signing_key_pem and signing_key_id in the provider configuration (DCR_REGISTRATION_SIGNING_KEY_FILE).")
	}
	var signer *oauth.Signer
	if err == nil {
		signer, err = oauth.NewSigner(key, id, m.signingText("algorithm"))
	}
	if err != nil {
		return nil, m.target().Diagnostic(err, "sign the registration request")
	}
	return signer, nil
}

// checkSigning finds out at plan time whether requests can be signed, as far as
// that is known.
func (r *Resource) checkSigning(plan Model, diags *diag.Diagnostics) {
	if r.conn == nil || !plan.signsRequests() || plan.Values["signing_key_pem"].IsUnknown() || plan.writeOnly.signingUnknown || plan.Values["request_signing"].IsUnknown() {
		return
	}
	var pending *conn.UnknownError
	if _, _, err := r.signingKey(plan); errors.As(err, &pending) {
		return
	}
	if _, problem := r.signer(plan); problem != nil {
		diags.Append(problem)
	}
}
