package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// List implements the list resource dcr_client.
type List struct{ Resource }

var _ list.ListResourceWithConfigure = (*List)(nil)

// NewList returns the list resource.
func NewList() list.ListResource { return &List{} }

// ListResourceConfigSchema implements list.ListResource.
func (l *List) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the clients in the registration journal that no state is known to have. No server is asked: servers have no list of clients (RFC 7592), and reading one may replace its token. Their import takes the token from the journal.",
		Attributes: map[string]schema.Attribute{
			"known": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether clients that a state has are listed as well, for a state that was lost. Defaults to `false`."},
		},
	}
}

// List implements list.ListResource.
func (l *List) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	if !l.conn.Journal.Given() {
		diags.AddError("There is no registration journal to list clients from",
			"Servers have no list of their clients (RFC 7592), so clients are listed from the journal, and the provider has none: journal_path is not set. No server was asked.\n\n"+
				"Set journal_path, or DCR_JOURNAL_PATH, to the folder that was used when the clients were registered. Clients that were registered without one are imported by their registration_client_uri.")
		stream.Results = fw.Listing(ctx, req, nil, diags)
		return
	}
	left, known, err := l.conn.Journal.Entries()
	if err != nil {
		diags.Append(unwritable(err))
	}
	if fw.Wanted(ctx, req, "known", &diags) {
		left = append(left, known...)
	}
	var found []fw.Found
	seen := map[[2]string]bool{}
	for _, entry := range left {
		// Until a plan has seen a client, what was heard of it later is in a file of its own.
		one := [2]string{entry.RegistrationClientURI, entry.ClientID}
		if entry.RegistrationClientURI == "" || entry.ClientID == "" || seen[one] {
			continue
		}
		seen[one] = true
		found = append(found, fw.Found{
			Name:     strings.TrimSpace(fmt.Sprintf("%s at %s", entry.ClientID, entry.Endpoint)),
			Parts:    map[string]string{"client_id": entry.ClientID, "registration_client_uri": entry.RegistrationClientURI},
			Describe: func(ctx context.Context, result *list.ListResult) { describeEntry(ctx, entry, result) },
		})
	}
	stream.Results = fw.Listing(ctx, req, found, diags)
}

// describeEntry sets what the journal knows of a client, without its secrets.
func describeEntry(ctx context.Context, entry journal.Entry, result *list.ListResult) {
	for name, value := range map[string]string{
		"id": entry.ClientID, "client_id": entry.ClientID, "registration_client_uri": entry.RegistrationClientURI, "registration_endpoint": entry.Endpoint,
	} {
		result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(name), fw.StringOrNull(value))...)
	}
	var registered dcr.Metadata
	if json.Unmarshal(entry.Metadata, &registered) != nil {
		return
	}
	for _, member := range members() {
		if raw, ok := registered[member.name]; ok {
			result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(member.name), member.kind.Decode(raw))...)
		}
	}
}
