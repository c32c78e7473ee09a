package certificate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// List implements the list resources of certificates and keys.
type List struct{ Resource }

var _ list.ListResourceWithConfigure = (*List)(nil)

// NewTransportList returns the list resource dcr_transport_certificate.
func NewTransportList() list.ListResource { return &List{Resource{flavour: transport()}} }

// NewSigningList returns the list resource dcr_signing_certificate.
func NewSigningList() list.ListResource { return &List{Resource{flavour: signing()}} }

// NewPublicKeyList returns the list resource dcr_public_key.
func NewPublicKeyList() list.ListResource { return &List{Resource{flavour: publicKey()}} }

// ListResourceConfigSchema implements list.ListResource.
func (l *List) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Lists the active %ss of one application, or of all, with one request for each application. Without `type`, that is %s.", strings.ReplaceAll(l.flavour.name, "_", " "), fw.Listed(l.flavour.types)),
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{Optional: true, MarkdownDescription: "The ID of the application. Defaults to all that are not inactive.", Validators: []validator.String{fw.Segment()}},
			"type":           schema.StringAttribute{Optional: true, MarkdownDescription: "The type by the directory's name for it. Defaults to all that are listed; a deployment's own types are listed by name only.", Validators: []validator.String{l.flavour.listable()}},
		},
	}
}

// listable accepts the types that the list may have. What is a type of another
// resource would be imported as what it is not.
func (f flavour) listable() validator.String {
	if !f.open {
		return stringvalidator.OneOf(f.types...)
	}
	return fw.Rule("a type by the directory's name for it: one of "+fw.Listed(f.types)+", or the deployment's own", func(name string) string {
		for _, other := range []flavour{transport(), signing(), publicKey()} {
			if other.name != f.name && slices.Contains(other.types, name) {
				return fmt.Sprintf("%q is a type of dcr_%s: list that.", name, other.name)
			}
		}
		return typeProblem(name)
	})
}

// List implements list.ListResource.
func (l *List) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	found := l.find(ctx, fw.Given(ctx, req, "application_id", &diags), fw.Given(ctx, req, "type", &diags), req.Limit, &diags)
	stream.Results = fw.Listing(ctx, req, found, diags)
}

func (l *List) find(ctx context.Context, application, kind string, limit int64, diags *diag.Diagnostics) []fw.Found {
	action := "list the " + l.flavour.noun + "s"
	client, err := l.conn.Directory()
	if err != nil {
		diags.Append(target().Diagnostic(err, action))
		return nil
	}
	names := map[string]string{application: application}
	order := []string{application}
	if application == "" {
		applications, err := client.Applications(ctx)
		if err != nil {
			diags.Append(target().Diagnostic(err, action))
			return nil
		}
		order = nil
		for _, app := range applications {
			if app.Status != directory.StatusInactive {
				names[app.ID], order = app.ClientName, append(order, app.ID)
			}
		}
	}
	kinds := l.flavour.types
	if kind != "" {
		kinds = []string{kind}
	}
	var found []fw.Found
	for _, id := range order {
		if limit > 0 && int64(len(found)) >= limit {
			break
		}
		certificates, err := client.EveryCertificate(ctx, id)
		if err != nil {
			problem := target().Diagnostic(err, action)
			if application != "" {
				if absent := diagnose.Absent(ctx, client, id, err, "Nothing was listed."); absent != nil {
					problem = absent
				}
			}
			diags.Append(problem)
			return nil
		}
		for _, one := range certificates {
			if one.Active() && slices.ContainsFunc(kinds, func(kind string) bool { return strings.EqualFold(kind, one.Type) }) {
				found = append(found, fw.Found{Name: names[id] + ", " + one.Type + " " + one.KeyID, Parts: map[string]string{"application_id": id, "type": one.Type, "kid": one.KeyID}})
			}
		}
	}
	return found
}
