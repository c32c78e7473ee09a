package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// discoveryPatience is how long a plan waits for a server's metadata: a server
// that hangs must not keep everybody's plan.
const discoveryPatience = 10 * time.Second

// advise warns, before anything is sent, of what the server is likely to
// refuse or change. It asks for the server's public metadata and nothing else.
func (r *Resource) advise(ctx context.Context, plan Model, config tfsdk.Config, diags *diag.Diagnostics) {
	var unknown []string
	for _, name := range metadataNames() {
		if !plan.FullyKnown(name) {
			unknown = append(unknown, name)
		}
	}
	if slices.Contains(unknown, "additional_metadata") {
		// Whatever is missed may be in there.
		for _, member := range members() {
			unknown = append(unknown, member.name)
		}
	}
	if plan.byClientCredentials() && len(plan.Strings("grant_types")) > 0 && !slices.Contains(plan.Strings("grant_types"), "client_credentials") {
		diags.AddAttributeWarning(path.Root("grant_types"), "The client may not be able to manage itself",
			"With management_auth = \"client_credentials\" the client fetches access tokens by the grant type client_credentials, which is not among its grant_types.\n\nAdd it, unless the server lets clients manage themselves without.")
	}
	claims := plan.claims(ctx, config)
	for _, advice := range dcr.Advise(plan.request(), unknown, r.published(ctx, plan, diags), claims) {
		at := path.Root(advice.Member)
		if !slices.Contains(metadataNames(), advice.Member) {
			at = path.Root("additional_metadata")
		}
		if r.reissued(plan) && strings.Contains(advice.Fact, "software statement") {
			advice.Fact += " The statement that is sent is issued for this: if the application is changed in the same apply, it says what the application is then."
		}
		diags.AddAttributeWarning(at, "The authorization server may refuse the metadata",
			fmt.Sprintf("%s\n\nThe server has the last word: it may refuse the registration, or register another value. Check the value before applying.", advice.Fact))
	}
}

// reissued reports whether the configured directory issues the statement anew when it is sent.
func (r *Resource) reissued(plan Model) bool {
	statement, err := jws.Parse(plan.Text("software_statement"))
	return err == nil && r.conn != nil && r.conn.Statements.Ours(statement)
}

// claims are those of the software statement: none where it is not known yet,
// and nil without one.
func (m Model) claims(ctx context.Context, config tfsdk.Config) map[string]any {
	var ephemeral types.String
	config.GetAttribute(ctx, path.Root("software_statement_wo"), &ephemeral)
	if m.Values["software_statement"].IsUnknown() || ephemeral.IsUnknown() {
		return map[string]any{}
	}
	given, _ := m.given(ctx, config).statement()
	statement, err := jws.Parse(given)
	if err != nil {
		return nil
	}
	return statement.Claims
}

// published is what the server says of itself; nil where that is not known.
func (r *Resource) published(ctx context.Context, plan Model, diags *diag.Diagnostics) *oauth.ServerMetadata {
	server, err := r.look(ctx, plan)
	var pending *conn.UnknownError
	if err != nil && !errors.As(err, &pending) && !r.keySealed(plan, err) {
		problem := plan.undiscovered(err)
		diags.AddAttributeWarning(path.Root("issuer"), "What the authorization server supports could not be looked up",
			problem.Summary()+"\n\n"+problem.Detail()+"\n\nThe plan goes on without; the apply needs it.")
	}
	return server
}

// look asks the server for what it publishes, where that is needed and what it takes is known.
func (r *Resource) look(ctx context.Context, plan Model) (*oauth.ServerMetadata, error) {
	if r.conn == nil || plan.Text("issuer") == "" || plan.Values["registration_endpoint"].IsUnknown() || plan.Text("registration_endpoint") != "" {
		return nil, nil //nolint:nilnil // Nothing to ask for is no failure.
	}
	unknown := plan.writeOnly.keyUnknown
	for _, name := range identityAttributes() {
		unknown = unknown || plan.Values[name].IsUnknown()
	}
	if unknown {
		return nil, nil //nolint:nilnil // The same.
	}
	ctx, cancel := context.WithTimeout(ctx, discoveryPatience)
	defer cancel()
	client, err := r.http(plan)
	if err != nil {
		return nil, err
	}
	return r.conn.Discovery().Look(ctx, client, plan.Text("issuer"))
}
