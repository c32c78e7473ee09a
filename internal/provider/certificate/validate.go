package certificate

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// ValidateConfig refuses what could only fail later: material of the wrong kind
// for the type, and a size where the algorithm has none.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var object types.Object
	if resp.Diagnostics.Append(req.Config.Get(ctx, &object)...); resp.Diagnostics.HasError() {
		return
	}
	config := newModel(ctx, r.flavour, object)
	if spec, ok := config.Values["private_key"].(types.Object); ok && !spec.IsNull() && !spec.IsUnknown() {
		wanted := fw.Object{Values: spec.Attributes()}
		if wanted.Text("algorithm") == "ECDSA" && fw.Known(wanted.Values["rsa_bits"]) {
			resp.Diagnostics.AddAttributeError(path.Root("private_key").AtName("rsa_bits"), "An ECDSA key has no rsa_bits",
				"ECDSA keys are of the curve P-256.\n\nRemove rsa_bits, or set algorithm = \"RSA\".")
		}
	}
	if value := config.Values["type"]; r.flavour.bare || value.IsUnknown() {
		return
	}
	kind := config.Text("type")
	if kind == "" {
		kind = r.flavour.types[0]
	}
	config.hosts(ctx, &resp.Diagnostics)
	given := !config.Values["certificate_pem"].IsNull()
	switch {
	case given && slices.Contains([]string{"rtstransport", "rtssigning", typeBrazil, typeBrazil2022}, kind):
		resp.Diagnostics.AddAttributeError(path.Root("certificate_pem"), "The directory issues certificates of this type itself",
			fmt.Sprintf("Of the type %q the directory takes a request, and not a certificate that is there already.\n\nGive csr_pem or private_key. To manage a certificate that the directory issued before, import it and give the request it was made from, or private_key for the next one.", kind))
	case !given && kind == typeExternal:
		resp.Diagnostics.AddAttributeError(path.Root("type"), "The directory takes issued certificates of this type",
			fmt.Sprintf("Of the type %q the directory takes a certificate that an accredited authority issued, and no request.\n\nGive certificate_pem.", kind))
	}
}

// hosts finds a common name that would be the DNS name of the request, and is none.
func (m Model) hosts(ctx context.Context, diags *diag.Diagnostics) {
	if names := m.Values["dns_names"]; !m.brazilian() || names == nil || !names.IsNull() {
		return
	}
	if name := m.part("common_name"); name != "" {
		var resp validator.StringResponse
		fw.Hostname().ValidateString(ctx, validator.StringRequest{Path: path.Root("subject").AtName("common_name"), ConfigValue: types.StringValue(name)}, &resp)
		diags.Append(resp.Diagnostics...)
	}
}
