package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// MoveState takes a registration over from the state of a resource of another
// provider that kept the server's answer: Terraform calls it for a moved block
// whose from is such a resource.
func (r *Resource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: move}}
}

// move makes no call, and cannot: no provider is configured when it is called.
func move(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	reg, problem := movedRegistration(req.SourceRawState.JSON)
	if problem != "" {
		resp.Diagnostics.AddError("The moved resource holds no registration to take over", fmt.Sprintf(
			"%s was to become a dcr_client. %s Nothing was changed.\n\n"+
				"Remove the moved block, take the old resource out of state with a removed block that has destroy = false, and import the client: the migration guide has the order.", req.SourceTypeName, problem))
		return
	}
	origin, err := rest.Origin(reg.RegistrationClientURI)
	if err != nil {
		resp.Diagnostics.Append(importError(err.Error()))
		return
	}
	id := importID{RegistrationClientURI: reg.RegistrationClientURI, ClientID: reg.ClientID}
	resp.Diagnostics.Append(id.fill(ctx, &resp.TargetState, reg.RegistrationAccessToken, "")...)
	state := modelOf(ctx, resp.TargetState.Schema, resp.TargetState.Raw, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	state.identify(reg)
	if !reg.ClientSecret.Empty() {
		state.Values["client_secret_expires_at"] = types.Int64Value(reg.ClientSecretExpiresAt)
	}
	state.adopt(reg)
	resp.Diagnostics.Append(state.Into(ctx, &resp.TargetState)...)
	remembered := memory{Name: rand.Text(), Imported: true, Moved: true, Adopted: true, Origins: []string{origin}}
	resp.Diagnostics.Append(remembered.store(ctx, resp.TargetPrivate)...)
}

// movedRegistration finds the one registration that a state holds, with all that
// it takes to manage it, or says what is missing.
func movedRegistration(raw []byte) (*dcr.Registration, string) {
	answers := fw.Answers(raw, "client_id")
	maps.DeleteFunc(answers, func(_ string, answer map[string]json.RawMessage) bool {
		return answer["registration_client_uri"] == nil
	})
	switch ids := slices.Sorted(maps.Keys(answers)); len(ids) {
	case 0:
		return nil, "Its state has no answer of an authorization server, which is a JSON object with client_id, registration_client_uri and registration_access_token."
	case 1:
		reg := dcr.Parse(answers[ids[0]])
		if err := rest.CheckURL(reg.RegistrationClientURI); err != nil {
			return nil, fmt.Sprintf("Its state has client %q, whose registration_client_uri is not usable: %v.", reg.ClientID, err)
		}
		if reg.RegistrationAccessToken.Empty() {
			return nil, fmt.Sprintf("Its state has client %q without registration_access_token.", reg.ClientID)
		}
		return reg, ""
	default:
		return nil, fmt.Sprintf("Its state has %d clients, %s, and a moved block moves one resource.", len(ids), strings.Join(ids, ", "))
	}
}

// unseen tells that a client that was moved is taken for what the other provider
// last heard: reading it in a plan could lose its token for good.
func (m Model) unseen(diags *diag.Diagnostics) {
	diags.AddWarning("The moved client was not read",
		fmt.Sprintf("Client %q was taken over from the state of another provider, and is taken to be what the authorization server answered there last. It is not known whether the server replaces the registration access token at every read, and a plan throws away what its refresh learns.\n\n"+
			"Set journal_path, which keeps such a token, and plan again: then the client is read. Without a journal, the first update finds out; to have one now, set triggers and apply.", m.Text("client_id")))
}
