//go:build interop

package interop_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	this   = "dcr_client.this"
	unread = "Drift was not looked for"
	// lost is what is said of a token that is refused, whatever that means.
	lost = "refused the registration access token"
)

// TestConformance runs one suite against every kind of server, through the
// Terraform CLI.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, s := range subjects(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("life", func(t *testing.T) {
				t.Parallel()
				switch tr := s.try(t); s.manages {
				case everything, byItself:
					tr.life()
				default:
					tr.limited()
				}
			})
			if s.loses {
				t.Run("lost token", func(t *testing.T) {
					t.Parallel()
					s.try(t).lostToken()
				})
			}
			for circumstance, r := range s.refuses {
				t.Run(circumstance, func(t *testing.T) {
					t.Parallel()
					s.try(t).refused(r)
				})
			}
		})
	}
}

// trial is the suite on one server.
type trial struct {
	subject
	server
	t  *testing.T
	ws *workspace
}

func (s subject) try(t *testing.T) trial {
	t.Helper()
	return trial{subject: s, server: s.start(t), t: t, ws: newWorkspace(t, nil)}
}

// first and second are what a client is registered as, and what it becomes.
func first() attributes {
	return attributes{"client_name": `"First"`, "grant_types": `["refresh_token", "authorization_code"]`, "response_types": `["code"]`, "scope": `"payments openid offline_access"`, "contacts": `["b@example.com", "a@example.com"]`}
}

func second() attributes {
	return attributes{"client_name": `"Second"`, "grant_types": `["authorization_code"]`, "response_types": `["code"]`, "scope": `"openid"`}
}

// forget is what lets a client be left at the server.
func forget() attributes {
	return attributes{"on_unauthorized": `"warn"`, "deletion_policy": `"abandon"`}
}

// config is a client's configuration: what is said later wins.
func (tr trial) config(parts ...attributes) attributes {
	all := attributes{"redirect_uris": `["https://app.example.com/callback", "https://app.example.com/another"]`}
	for _, part := range append([]attributes{tr.where}, append(parts, tr.more)...) {
		maps.Copy(all, part)
	}
	return all
}

// life is registration, drift, update, import elsewhere and removal. After each
// step there is nothing left to do.
func (tr trial) life() {
	tr.t.Helper()
	tr.ws.configure(tr.config(first()))
	tr.ws.succeeds("apply")
	tr.holds("First")
	tr.sent("POST", 1)
	before := tr.ws.client()
	tr.knows(before)
	tr.ws.unchanged()

	tr.drifts(before)
	tr.ws.configure(tr.config(second()))
	tr.ws.succeeds("apply")
	tr.holds("Second")
	tr.sent("POST", 1)
	after := tr.ws.client()
	tr.same(before, after)
	tr.knows(after)
	tr.contacts()
	if before.Token != "" && (before.Token != after.Token) != (tr.rotates == sandbox.RotateOnUpdate || tr.rotates == sandbox.RotateOnRead) {
		tr.t.Errorf("the registration access token was replaced: %t", before.Token != after.Token)
	}
	tr.ws.unchanged()

	if tr.manages == byItself { // No token to import with: only the state has the secret.
		tr.ws.succeeds("destroy")
		tr.empty()
		return
	}
	taken := tr.imports(after)
	taken.succeeds("destroy")
	tr.empty()
	// The other state has not heard of it, and nothing is made of a refusal there.
	if tr.rotates == sandbox.RotateOnRead {
		tr.ws.exits(0, []string{unread}, "plan", "-detailed-exitcode")
		return
	}
	tr.ws.exits(1, []string{lost, "terraform import"}, "plan")
}

// drifts has another actor change the client. Where reading costs the token, a
// plan says that it did not look, and doing what it advises finds the drift.
func (tr trial) drifts(before client) {
	tr.t.Helper()
	const elsewhere = "https://elsewhere.example.com/"
	if err := tr.edit(before.ID, map[string]any{"client_name": "Edited", "redirect_uris": []any{elsewhere}}); err != nil {
		tr.t.Fatal(err)
	}
	if tr.rotates != sandbox.RotateOnRead {
		tr.ws.exits(changes, []string{"will be updated in-place", `"Edited" -> "First"`, elsewhere}, "plan", "-detailed-exitcode")
		return
	}
	tr.ws.exits(0, []string{unread}, "plan", "-detailed-exitcode")
	tr.ws.configure(tr.config(first(), attributes{"refresh": `"always"`}))
	tr.ws.succeeds("apply")
	tr.ws.succeeds("apply", "-refresh-only")
	if now := tr.ws.client(); now.Token == before.Token || !strings.Contains(now.Registered, elsewhere) {
		tr.t.Errorf("a refresh that is kept found %s; it replaced the token: %t", now.Registered, now.Token != before.Token)
	}
}

// imports takes the client into a fresh state, for which nothing is sent to the
// server but reads.
func (tr trial) imports(c client) *workspace {
	tr.t.Helper()
	updates := tr.updates()
	needs := environment{"DCR_REGISTRATION_ACCESS_TOKEN": c.Token}
	maps.Copy(needs, tr.needs)
	taken := newWorkspace(tr.t, needs)
	config := tr.config(second())
	if !tr.unfixed {
		for member := range tr.fixed {
			// What the server decided is what an import finds.
			delete(config, member)
		}
	}
	// Servers need not repeat the statement; the next apply would send it.
	delete(config, "software_statement")
	// The environment says how to get there, the ID where that is.
	id := map[string]string{"registration_client_uri": c.URI}
	for name, place := range tr.where {
		switch name {
		case "issuer", "registration_endpoint":
			id[name] = strings.Trim(place, `"`)
		default:
			delete(config, name)
		}
	}
	raw, err := json.Marshal(id)
	if err != nil {
		tr.t.Fatal(err)
	}
	taken.configure(config)
	taken.succeeds("import", this, string(raw))
	tr.same(c, taken.client())
	_, unnamed := config["additional_metadata"]
	if _, chosen := config["update_method"]; !unnamed && !chosen {
		taken.unchanged()
	}
	// What no specification names and what only the provider does is put into state, and not sent.
	taken.succeeds("apply")
	if now := tr.updates(); now != updates {
		tr.t.Errorf("%d updates were sent for an import", now-updates)
	}
	tr.sent("POST", 1)
	taken.unchanged()
	return taken
}

// limited is the life of a client that cannot be updated or removed from here:
// that is said, with what to do, and the client can be left where it is.
func (tr trial) limited() {
	tr.t.Helper()
	tr.ws.configure(tr.config(first()))
	tr.ws.succeeds("apply")
	tr.holds("First")
	tr.ws.unchanged()
	before := tr.ws.client()
	removal := []string{"did not remove the client", `deletion_policy = "abandon"`}
	switch tr.manages {
	case nothing:
		tr.ws.configure(tr.config(second()))
		tr.ws.exits(1, []string{"The registration cannot be updated"}, "plan")
		removal[0] = "cannot be removed from here"
	case readOnly:
		tr.ws.configure(tr.config(second()))
		tr.ws.exits(1, []string{"404", "does not offer this"}, "apply")
	default:
		tr.ws.configure(tr.config(second()))
		tr.ws.succeeds("apply")
	}
	tr.ws.configure(tr.config(first()))
	tr.ws.exits(1, removal, "destroy")
	tr.ws.configure(tr.config(first(), forget()))
	tr.ws.succeeds("apply")
	tr.same(before, tr.ws.client())
	tr.ws.unchanged()
	tr.ws.succeeds("destroy")
	tr.holds("First")
	tr.sent("POST", 1)
	if tr.manages == nothing {
		tr.sent("PUT", 0)
		tr.sent("DELETE", 0)
	}
}

// lostToken: a refused token is never taken for a client that is gone.
func (tr trial) lostToken() {
	tr.t.Helper()
	tr.ws.configure(tr.config(first()))
	tr.ws.succeeds("apply")
	lose := tr.lose
	if tr.expires > 0 {
		lose = func() error { return tr.wait(tr.expires + 1) }
	}
	if err := lose(); err != nil {
		tr.t.Fatal(err)
	}
	tr.ws.exits(1, []string{lost, "terraform import"}, "plan")
	tr.ws.exits(1, []string{lost, "terraform import"}, "destroy")
	tr.ws.configure(tr.config(first(), forget()))
	tr.ws.succeeds("apply")
	tr.ws.succeeds("destroy")
	tr.holds("First")
	tr.sent("POST", 1)
}

// refused checks what is said of a registration that the server does not take.
func (tr trial) refused(r refusal) {
	tr.t.Helper()
	config := tr.config(first())
	for name, value := range r.with {
		if config[name] = value; value == "" {
			delete(config, name)
		}
	}
	tr.ws.configure(config)
	tr.ws.exits(1, r.says, "apply")
	tr.empty()
}
