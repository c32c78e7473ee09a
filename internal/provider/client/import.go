package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// importID is the JSON form of an import ID. The token is never part of it:
// IDs end up in shell histories, plans and logs.
type importID struct {
	RegistrationClientURI string `json:"registration_client_uri"`
	ClientID              string `json:"client_id"`
	Issuer                string `json:"issuer"`
	RegistrationEndpoint  string `json:"registration_endpoint"`
	// The rest is for clients that manage themselves.
	ManagementAuth          string `json:"management_auth"`
	ManagementScope         string `json:"management_scope"`
	TokenEndpoint           string `json:"token_endpoint"`
	TokenEndpointAuthMethod string `json:"token_endpoint_auth_method"`
	// Read set to false skips the read that follows an import, for servers
	// that replace the token at each read.
	Read *bool `json:"read"`
}

// ImportState takes a registration_client_uri, or a JSON object that has one.
// It makes no call: the refresh that follows reads the registration.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id, problem := parseImportID(req.ID)
	if problem != "" {
		resp.Diagnostics.Append(importError(problem))
		return
	}
	token, refusal := r.tokenOf(id)
	if refusal != nil {
		resp.Diagnostics.Append(refusal)
		return
	}
	if token.Empty() && !id.manages() {
		resp.Diagnostics.AddError("The registration access token for the import is missing",
			"To import a client, the provider needs its registration access token, which is never part of the import ID.\n\n"+
				"Set DCR_REGISTRATION_ACCESS_TOKEN, or DCR_REGISTRATION_ACCESS_TOKEN_FILE to the name of a file that holds it, or registration.registration_access_token in the provider configuration, and import again.")
		return
	}
	origin, err := rest.Origin(id.RegistrationClientURI)
	if err != nil {
		resp.Diagnostics.Append(importError(err.Error()))
		return
	}
	remembered := memory{Name: rand.Text(), Imported: true, Origins: []string{origin}, RotatesOnRead: id.Read != nil && !*id.Read}
	if id.RegistrationEndpoint != "" {
		remembered.Endpoints = []string{id.RegistrationEndpoint}
	}
	resp.Diagnostics.Append(id.fill(ctx, &resp.State, token, r.conn.Registration.SigningKeyPEM)...)
	if kept, ok := r.conn.Journal.Newest(dcr.Management{URI: id.RegistrationClientURI, ClientID: id.ClientID}); ok && id.manages() && kept.ClientSecret != "" {
		// It may be what the client gets the token with that reads it.
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("client_secret"), types.StringValue(kept.ClientSecret))...)
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("client_secret_expires_at"), types.Int64Value(kept.ClientSecretExpiresAt))...)
	}
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}

// tokenOf is the registration access token for an import: the provider's, which may be a new
// one, or the journal's. One that is known to be of another client, or that this process
// imports another with, is not sent: servers revoke tokens that are used where they do not
// belong, and the other client would be lost for it.
func (r *Resource) tokenOf(id importID) (rest.Secret, diag.Diagnostic) {
	token := r.conn.Registration.RegistrationAccessToken
	if id.manages() {
		return "", nil
	}
	kept, err := r.conn.Journal.Kept(dcr.Management{URI: id.RegistrationClientURI, ClientID: id.ClientID})
	if err != nil && token.Empty() {
		return "", unwritable(err)
	}
	if token.Empty() {
		return rest.Secret(kept.RegistrationAccessToken), nil
	}
	owner, known := r.conn.Journal.Owner(token)
	switch {
	case known && (owner.RegistrationClientURI == id.RegistrationClientURI || kept.RegistrationAccessToken == "" && id.names(owner)), !known && r.conn.Holders.Claims(token, id.RegistrationClientURI):
		return token, nil
	case known && kept.RegistrationAccessToken != "":
		return rest.Secret(kept.RegistrationAccessToken), nil
	case known:
		return "", tokenOfAnother(fmt.Sprintf("The journal knows the provider's registration_access_token as that of client %q, which is managed at %s, and not at %s. If that is the same client, give its client_id in the import ID, and its issuer where the host is another.", owner.ClientID, owner.RegistrationClientURI, id.RegistrationClientURI))
	}
	return "", tokenOfAnother("The provider's registration_access_token is for one client, and another one is imported with it in the same run.")
}

// names reports whether an import says itself that it is of a client whose URI is spelt
// otherwise. A client_id alone does not: other servers may have given the same one.
func (id importID) names(owner journal.Entry) bool {
	mine, err := rest.Origin(id.RegistrationClientURI)
	its, errIts := rest.Origin(owner.RegistrationClientURI)
	sameServer := err == nil && errIts == nil && mine == its || id.Issuer != "" && sameAddress(owner.Issuer, id.Issuer)
	return id.ClientID != "" && owner.ClientID == id.ClientID && sameServer
}

func tokenOfAnother(fact string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The registration access token is that of another client",
		fact+" A server may revoke a token that is used where it does not belong, and the other client could not be managed any more. Nothing was sent.\n\n"+
			"Import one client at a time, each with its own token in DCR_REGISTRATION_ACCESS_TOKEN, or with a provider alias of its own; for a client that the journal knows, unset it.")
}

// fill sets what an import knows, and what has a value without being configured.
func (id importID) fill(ctx context.Context, state *tfsdk.State, token, signingKey rest.Secret) diag.Diagnostics {
	values := map[string]string{
		"registration_client_uri":   id.RegistrationClientURI,
		"registration_access_token": token.Reveal(),
		"issuer":                    id.Issuer, "registration_endpoint": id.RegistrationEndpoint,
		"client_id": id.ClientID, "id": id.ClientID,
		"management_scope": id.ManagementScope, "token_endpoint": id.TokenEndpoint, "token_endpoint_auth_method": id.authMethod(signingKey),
		"management_auth": authRegistrationToken, "request_format": formatJSON,
		"refresh": "auto", "update_method": methodPut, "on_unauthorized": "error", "on_override": "warn", "deletion_policy": "delete",
		"software_statement_max_age": defaultMaxAge, "software_statement_use": useShared,
	}
	if id.manages() {
		values["management_auth"], values["registration_access_token"] = authClientCredentials, ""
	}
	var diags diag.Diagnostics
	for name, value := range values {
		if value != "" {
			diags.Append(state.SetAttribute(ctx, path.Root(name), types.StringValue(value))...)
		}
	}
	diags.Append(state.SetAttribute(ctx, path.Root("deletion_protection"), types.BoolValue(false))...)
	return diags
}

// manages reports whether the client manages itself.
func (id importID) manages() bool { return id.ManagementAuth == authClientCredentials }

// authMethod is how a client that manages itself authenticates for the read
// that follows the import, and tells how it is registered.
func (id importID) authMethod(signingKey rest.Secret) string {
	switch {
	case !id.manages() || id.TokenEndpointAuthMethod != "":
		return id.TokenEndpointAuthMethod
	case !signingKey.Empty():
		return string(oauth.AuthPrivateKeyJWT)
	}
	return string(oauth.AuthTLSClient)
}

func parseImportID(raw string) (importID, string) {
	id := importID{RegistrationClientURI: raw}
	if strings.HasPrefix(strings.TrimSpace(raw), "{") {
		id = importID{}
		decoder := json.NewDecoder(strings.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&id); err != nil {
			return id, fmt.Sprintf("The import ID is not the expected JSON object: %v.", err)
		}
	}
	if err := rest.CheckURL(id.RegistrationClientURI); err != nil {
		return id, fmt.Sprintf("The registration_client_uri of the import ID is not usable: %v.", err)
	}
	switch {
	case id.ManagementAuth != "" && id.ManagementAuth != authRegistrationToken && !id.manages():
		return id, fmt.Sprintf("The management_auth of the import ID is %q. %s", id.ManagementAuth, fw.OneOf([]string{authRegistrationToken, authClientCredentials}))
	case id.manages() && (id.ClientID == "" || id.Issuer == "" && id.TokenEndpoint == ""):
		return id, "A client that manages itself needs client_id, and issuer or token_endpoint, in the import ID."
	}
	if id.Read != nil && !*id.Read && id.ClientID == "" {
		return id, "With \"read\": false the import ID also needs client_id."
	}
	return id, ""
}

func importError(problem string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The import ID is not valid", problem+"\n\n"+
		"Give the registration_client_uri, for example\n  terraform import dcr_client.x 'https://as.example/reg/abc?x=y'\n"+
		"or a JSON object with registration_client_uri and, if you like, client_id, issuer, registration_endpoint and read (false for servers that replace the token at each read). "+
		"For a client that manages itself, add management_auth (client_credentials), client_id, issuer or token_endpoint, and if needed management_scope and token_endpoint_auth_method.")
}
