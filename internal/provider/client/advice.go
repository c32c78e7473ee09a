package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

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
func (r *Resource) advise(ctx context.Context, plan Model, diags *diag.Diagnostics) {
	var unknown []string
	for _, name := range metadataNames() {
		if plan.Values[name].IsUnknown() || !fullyKnown(ctx, plan.Values[name]) {
			unknown = append(unknown, name)
		}
	}
	if slices.Contains(unknown, "additional_metadata") {
		// Whatever is missed may be in there.
		for _, member := range members() {
			unknown = append(unknown, member.name)
		}
	}
	var claims map[string]any
	if plan.Values["software_statement"].IsUnknown() {
		claims = map[string]any{}
	} else if statement, err := jws.Parse(plan.Text("software_statement")); err == nil {
		claims = statement.Claims
	}
	for _, advice := range dcr.Advise(plan.request(), unknown, r.published(ctx, plan, diags), claims) {
		at := path.Root(advice.Member)
		if !slices.Contains(metadataNames(), advice.Member) {
			at = path.Root("additional_metadata")
		}
		diags.AddAttributeWarning(at, "The authorization server may refuse the metadata",
			fmt.Sprintf("%s\n\nThe server has the last word: it may refuse the registration, or register another value. Check the value before applying.", advice.Fact))
	}
}

// published is what the server says of itself; nil where that is not known.
func (r *Resource) published(ctx context.Context, plan Model, diags *diag.Diagnostics) *oauth.ServerMetadata {
	if r.conn == nil || plan.Text("issuer") == "" || plan.Values["registration_endpoint"].IsUnknown() || plan.Text("registration_endpoint") != "" {
		return nil
	}
	for _, name := range identityAttributes() {
		if plan.Values[name].IsUnknown() {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, discoveryPatience)
	defer cancel()
	client, err := r.http(plan)
	var server *oauth.ServerMetadata
	if err == nil {
		server, err = r.conn.Discovery().Fetch(ctx, client, plan.Text("issuer"))
	}
	var pending *conn.UnknownError
	switch {
	case err == nil:
		return server
	case !errors.As(err, &pending):
		problem := plan.undiscovered(err)
		diags.AddAttributeWarning(path.Root("issuer"), "What the authorization server supports could not be looked up",
			problem.Summary()+"\n\n"+problem.Detail()+"\n\nThe plan goes on without; the apply needs it.")
	}
	return nil
}
