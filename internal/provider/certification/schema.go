package certification

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const unset = " Unset, the directory decides, and what it has is left alone; removing what was once set clears it."

// Schema implements resource.Resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A certification of an application: that it conforms to a profile, such as one of the OpenID Foundation's, as the directory publishes it to the other participants. Most applications need none. " +
			"An application has one certification of a type, variant and version. Writing one takes a token with the scope `directory:website`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The ID of the application. Changing it forces a new certification.",
				Validators:          []validator.String{fw.Segment()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"profile_type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The type of the profile, by the directory's name for it, such as `FAPI RP`.",
				Validators:          []validator.String{fw.Word()},
			},
			"profile_variant": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The variant of the profile, by the directory's name for it.",
				Validators:          []validator.String{fw.Word()},
			},
			"profile_version": schema.Float64Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The version of the certification, a number such as `1` or `1.2`." + unset,
				Validators:          []validator.Float64{fw.NotNegative()},
				PlanModifiers:       []planmodifier.Float64{fw.Managed()},
			},
			"certification_uri": fw.OptionalString("The https URL at which the certification can be looked up. At most 500 characters."+unset, fw.URL(), secure(), stringvalidator.UTF8LengthAtMost(500)),
			"status":            fw.OptionalString("The status of the certification. "+fw.OneOf(statuses())+" Directories default to `Awaiting Certification`."+unset, stringvalidator.OneOf(statuses()...)),
			"start_date":        fw.OptionalString("The day from which the certification holds, as the directory writes days: `dd/MM/yyyy`, such as `23/11/2026`."+unset, day()),
			"id":                fw.Identifier("The ID of the certification."),
			"expiration_date":   fw.Computed("The day on which the certification expires, as `dd/MM/yyyy`, if the directory says so."),
		},
	}
}

func statuses() []string {
	return []string{"Awaiting Certification", "Certified", "Deprecated", "Rejected", "Self-Certified"}
}

func secure() validator.String {
	return fw.Rule("an https URL", func(s string) string {
		if !strings.HasPrefix(s, "https://") {
			return fmt.Sprintf("%q does not begin with https://.", s)
		}
		return ""
	})
}

// dayLayout is how the directory writes days.
const dayLayout = "02/01/2006"

func day() validator.String {
	return fw.Rule("a day as dd/MM/yyyy", func(s string) string {
		if _, err := time.Parse(dayLayout, s); err == nil {
			return ""
		}
		if at, err := time.Parse(time.DateOnly, s); err == nil {
			return fmt.Sprintf("%q is not how the directory writes days; write %q.", s, at.Format(dayLayout))
		}
		return fmt.Sprintf("%q is not a day.", s)
	})
}
