package fw

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

const ownerKey = "organisation"

// Own records in private state to which organisation of the directory an object belongs.
func Own(ctx context.Context, private Private, organisation string) diag.Diagnostics {
	if organisation == "" {
		return nil
	}
	return Remember(ctx, private, ownerKey, organisation)
}

// Elsewhere is an error when an object is looked for in an organisation that is
// not its own: that it is not found there does not mean that it is gone.
func Elsewhere(ctx context.Context, private Private, organisation, what string) diag.Diagnostics {
	var owner string
	diags := Recall(ctx, private, ownerKey, &owner)
	if owner == "" || organisation == "" || strings.EqualFold(owner, organisation) {
		return diags
	}
	diags.AddError(fmt.Sprintf("The %s belongs to another organisation", what),
		fmt.Sprintf("It is one of organisation %s, and the provider's directory.organisation_id is %s. Nothing was sent.\n\n"+
			"Set directory.organisation_id to its organisation, or use a provider configuration of its own for it. To have Terraform forget it, which keeps it in the directory, run terraform state rm.", owner, organisation))
	return diags
}
