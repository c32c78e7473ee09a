package client_test

import (
	"fmt"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const duplicate = "dcr_client.duplicate"

// duplicated is a workspace in which two resources have the same client. Resources are
// read in the order in which they were first set: the duplicate first, if it is to be.
func duplicated(t *testing.T, first bool, more map[string]any) (*sandbox.Sandbox, *acctest.Workspace) {
	t.Helper()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateNever })
	ws := acctest.NewWorkspace(t, sb, nil)
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}}
	for name, value := range more {
		config[name] = value
	}
	if first {
		ws.Set(duplicate, config)
		ws.Remove(duplicate)
	}
	ws.Set(this, config)
	applies(t, ws)
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": ws.State(this)["registration_access_token"]})
	ws.Set(duplicate, config)
	if r := ws.Import(duplicate, fmt.Sprint(ws.State(this)["registration_client_uri"])); len(r.Errors) > 0 {
		t.Fatalf("the import says %q", r.Errors)
	}
	return sb, ws
}

// refused expects an apply to be refused before anything is sent, because two
// resources have the client, and to say how to go on.
func refused(t *testing.T, r *acctest.Result, sb *sandbox.Sandbox) {
	t.Helper()
	said := false
	for _, text := range r.Errors {
		said = said || acctest.Words("Another resource has the same client", "terraform state rm", "Remove its block as well").MatchString(text)
	}
	if !said || sb.Count("DELETE /register/{client_id}") != 0 || len(sb.Server("bank").Clients()) != 1 {
		t.Errorf("the bank has %d clients after %d removals; the apply says %q", len(sb.Server("bank").Clients()), sb.Count("DELETE /register/{client_id}"), r.Errors)
	}
}

// TestDuplicateIsNotRemoved: whichever of two resources with the same client is
// read first, neither removes it from the other.
func TestDuplicateIsNotRemoved(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		for what, act := range map[string]func(*acctest.Workspace){
			"one is no longer configured":       func(ws *acctest.Workspace) { ws.Remove(duplicate) },
			"the other is no longer configured": func(ws *acctest.Workspace) { ws.Remove(this) },
			"one is replaced":                   func(ws *acctest.Workspace) { ws.Replace(duplicate) },
			"the other is replaced":             func(ws *acctest.Workspace) { ws.Replace(this) },
			"one moves to another server": func(ws *acctest.Workspace) {
				ws.Set(duplicate, map[string]any{"issuer": "https://127.0.0.1:1/elsewhere", "redirect_uris": []string{callback}})
			},
			"both are destroyed": func(ws *acctest.Workspace) { ws.Remove(this); ws.Remove(duplicate) },
		} {
			t.Run(fmt.Sprintf("%s, %t", what, first), func(t *testing.T) {
				t.Parallel()
				sb, ws := duplicated(t, first, nil)
				warned(t, applies(t, ws), "Two resources have the same client", "terraform state rm", "Remove its block as well")
				act(ws)
				refused(t, ws.Apply(), sb)
			})
		}
	}
}

// TestDuplicateIsForgotten: forgetting one of two resources settles it, and
// abandoning one removes nothing.
func TestDuplicateIsForgotten(t *testing.T) {
	t.Parallel()
	for _, abandoned := range []bool{true, false} {
		t.Run(fmt.Sprint(abandoned), func(t *testing.T) {
			t.Parallel()
			sb, ws := duplicated(t, false, map[string]any{"deletion_policy": "abandon"})
			applies(t, ws)
			ws.Remove(duplicate)
			if !abandoned {
				ws.Lose(duplicate)
			}
			applies(t, ws)
			settled(t, ws, sb)
		})
	}
}
