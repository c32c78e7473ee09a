package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// tempers are servers that leave the provider different things to go by.
func tempers() map[string]sandbox.Temper {
	return map[string]sandbox.Temper{
		"never rotating":      {Rotate: sandbox.RotateNever},
		"rotating on update":  {},
		"rotating on read":    {Rotate: sandbox.RotateOnRead},
		"silent on read":      {Rotate: sandbox.RotateNever, OmitTokenOnRead: true},
		"merging":             {Rotate: sandbox.RotateNever, MergeOnUpdate: true},
		"updated by patch":    {Rotate: sandbox.RotateNever, PatchOnly: true},
		"rotating its secret": {RotateSecret: true},
		"unmanageable":        {NoManagement: true},
		"answering 400":       {UnauthorizedStatus: 400},
		"self-managed":        {Rotate: sandbox.RotateNever, ManagedByAccessToken: true},
	}
}

// TestEveryRequestFails has every kind of server fail each request of each
// operation in each way. The client in state is then the server's, never
// another one, and what is left at the server without a state was told when its
// registration was not answered. What a lost answer took with it for good, the
// plan explains. All 1,060 combinations, with journal and without, take minutes; one of fifty-three, which is
// prime to the number of faults, is tried each time, for half of the kinds with a journal.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	count := 0
	for name, temper := range tempers() {
		temper.Name, temper.NoStatement, temper.NoMutualTLS, temper.AllowSecondRegistration = "bank", true, true, true
		for _, journal := range []bool{len(name)%2 == 0} { // By hand: false and true.
			f := faulty{name: fmt.Sprintf("%s, journal %t", name, journal), temper: temper, journal: journal}
			count += f.operation(t, "create", nil, f.configure("First"))
			count += f.operation(t, "update", f.configure("First"), f.configure("Second"))
			count += f.operation(t, "delete", f.configure("First"), func(ws *acctest.Workspace, _ *sandbox.Sandbox) { ws.Remove(this) })
		}
	}
	t.Logf("%d combinations", count)
}

// faulty is one kind of server, with a journal or without.
type faulty struct {
	name    string
	temper  sandbox.Temper
	journal bool
}

func (f faulty) configure(clientName string) func(*acctest.Workspace, *sandbox.Sandbox) {
	return func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
		config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": clientName, "token_endpoint_auth_method": "client_secret_basic"}
		if f.temper.PatchOnly {
			config["update_method"] = "PATCH"
		}
		if f.temper.ManagedByAccessToken {
			config["management_auth"], config["grant_types"] = "client_credentials", []string{"authorization_code", "client_credentials"}
		}
		if f.temper.NoManagement {
			config["deletion_policy"] = "abandon"
		}
		ws.Set(this, config)
	}
}

func (f faulty) operation(t *testing.T, operation string, before, act func(*acctest.Workspace, *sandbox.Sandbox)) int {
	t.Helper()
	if f.temper.NoManagement && operation == "update" {
		return 0 // Refused by the plan, without a request.
	}
	settings := func(t *testing.T) map[string]any {
		t.Helper()
		if !f.journal {
			return nil
		}
		return map[string]any{"journal_path": t.TempDir()}
	}
	return acctest.FailEach(t, f.name+", "+operation, acctest.Operation{
		Every: 53, Options: sandbox.Options{Servers: []sandbox.Temper{f.temper}}, Settings: settings, Before: before, Act: act,
		Explains: f.explains,
		Check:    func(ws *acctest.Workspace, sb *sandbox.Sandbox) error { return f.check(operation, ws, sb) },
	})
}

// explains accepts that an answer that got lost took a new token with it: a plan
// that reads says so, and one that does not look says that, and plans the update again.
func (f faulty) explains(r *acctest.Result) bool {
	switch f.temper.Rotate {
	case sandbox.RotateNever:
		return false
	case sandbox.RotateOnRead:
		return len(r.Errors) == 0 && r.Actions[this] == acctest.ActionUpdate && len(r.Warnings) == 1 && strings.Contains(r.Warnings[0], "Drift was not looked for")
	}
	return len(r.Errors) == 1 && strings.Contains(r.Errors[0], "refused the registration access token")
}

func (f faulty) check(operation string, ws *acctest.Workspace, sb *sandbox.Sandbox) error {
	var alive []string
	for _, client := range sb.Server("bank").Clients() {
		alive = append(alive, fmt.Sprint(client["client_id"]))
	}
	state := ws.State(this)
	registrations := sb.Count("POST /register")
	switch {
	case operation == "delete" && state == nil && (len(alive) == 0 || f.temper.NoManagement):
		return nil
	case state == nil || !slices.Contains(alive, fmt.Sprint(state["client_id"])):
		return fmt.Errorf("the bank has %q, state has %v", alive, state["client_id"])
	case len(alive) > max(1, registrations):
		return fmt.Errorf("the bank has %q after %d registrations", alive, registrations)
	case operation != "create" && (len(alive) != 1 || registrations != 0):
		return fmt.Errorf("the bank has %q after %d registrations", alive, registrations)
	}
	return nil
}
