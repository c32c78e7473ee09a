package application

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// MoveState takes an application over from the state of a resource of another
// provider that kept the directory's answer.
func (r *Resource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: move}}
}

// move makes no call: the refresh that follows reads the application.
func move(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	id, answer, problem := movedID(req.SourceRawState.JSON)
	if problem != "" {
		resp.Diagnostics.AddError("The moved resource holds no application to take over", fmt.Sprintf(
			"%s was to become a dcr_application. %s Nothing was changed.\n\n"+
				"Remove the moved block, take the old resource out of state with a removed block that has destroy = false, and import the application by its ID: the migration guide has the order.", req.SourceTypeName, problem))
		return
	}
	resp.Diagnostics.Append(taken(ctx, id, &resp.TargetState, resp.TargetPrivate)...)
	// The organisation is kept for a provider that looks in the wrong place; the secret is
	// told once, at creation.
	for attribute, member := range map[string]string{"organisation_id": "OrganisationId", "client_secret": "ClientSecret"} {
		var value string
		if json.Unmarshal(answer[member], &value) == nil && value != "" {
			resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root(attribute), value)...)
		}
	}
}

// movedID finds the ID of the one application that a state has answers about, and what they say.
func movedID(raw []byte) (id string, answer map[string]json.RawMessage, problem string) {
	answers := fw.Answers(raw, "SoftwareStatementId")
	// Roles, certifications and the like name the application they are of, and have no such name.
	maps.DeleteFunc(answers, func(_ string, answer map[string]json.RawMessage) bool { return answer["ClientName"] == nil })
	switch ids := slices.Sorted(maps.Keys(answers)); len(ids) {
	case 0:
		return "", nil, "Its state has no answer of a directory, which is a JSON object with SoftwareStatementId and ClientName."
	case 1:
		return ids[0], answers[ids[0]], ""
	default:
		return "", nil, fmt.Sprintf("Its state has %d applications, %s, and a moved block moves one resource.", len(ids), strings.Join(ids, ", "))
	}
}

// taken is the state of an application of which nothing but the ID is known yet. That it is
// not found then is no drift.
func taken(ctx context.Context, id string, state *tfsdk.State, private fw.Private) diag.Diagnostics {
	var diags diag.Diagnostics
	for name, value := range map[string]string{"id": id, "unlock": unlockNever} {
		diags.Append(state.SetAttribute(ctx, path.Root(name), value)...)
	}
	diags.Append(state.SetAttribute(ctx, path.Root("deletion_protection"), false)...)
	diags.Append(fw.MarkImported(ctx, private)...)
	return diags
}
