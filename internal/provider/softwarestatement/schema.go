package softwarestatement

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements resource.Resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The software statement of an application: a JWT signed by the directory, with which authorization servers take registrations. Issuing one **locks** the application: afterwards only redirect URIs may be added and the status changed, until a Super Administrator unlocks it. Refreshing never issues one.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The ID of the application. Changing it forces a new statement resource.",
				Validators:          []validator.String{fw.Segment()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"application_revision": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The `revision` of the `dcr_application`. With it, one plan shows a changed application, its new statement and every client's update, and one apply does them. Without it, the plan after the application's change finds the statement stale and a second apply is needed; a lock that the provider opened for a change no statement says, such as that of `notification_webhook_uri`, stays open then. Give it whenever the application is managed here. Defaults to none; a change has a new statement issued in place.",
			},
			"triggers": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Arbitrary values; when one changes, a new statement is issued in place. Defaults to none.",
			},
			"unlock_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether destroying unlocks the application, which usually takes the provider's `directory.administrator_access_token`. The statement itself cannot be withdrawn. Defaults to `false`.",
			},
			"id": fw.Identifier("The application's ID."),
			"assertion": fw.Secret("The statement, a signed JWT in compact form, verified with the directory's keystore before it is stored. " +
				"Authorization servers accept one for a few minutes only; `dcr_client` therefore fetches a fresh one when this one is too old to send."),
			"claims": schema.StringAttribute{
				Computed:            true,
				CustomType:          jsontypes.NormalizedType{},
				MarkdownDescription: "The claims of the statement, as a JSON object.",
			},
			"digest":             fw.Computed("The SHA-256, in hexadecimal, of what the statement says, which leaves out when it was issued."),
			"issued_at":          fw.Computed("When the statement was issued, as RFC 3339 time."),
			"expires_at":         fw.Computed("When the statement expires, as RFC 3339 time. Null when it does not say; directories usually leave the age to the authorization servers."),
			"key_id":             fw.Computed("The ID (`kid`) of the directory's key that signed the statement."),
			"application_locked": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the application is locked, which issuing a statement does."},
		},
	}
}
