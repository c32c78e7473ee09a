package provider_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

const (
	sealedApp    = "dcr_application.this"
	sealedCert   = "dcr_transport_certificate.this"
	sealedKey    = "dcr_public_key.this"
	sealedSSA    = "dcr_software_statement.this"
	sealedClient = "dcr_client.this"
)

// issued are the secrets the provider puts into state.
func issued() map[string][]string {
	return map[string][]string{
		sealedApp: {"client_secret"}, sealedCert: {"private_key_pem"}, sealedKey: {"private_key_pem"},
		sealedSSA: {"assertion"}, sealedClient: {"client_secret", "registration_access_token", "software_statement", "private_key_pem"},
	}
}

// sealedGraph configures one of everything, with secrets of one resource given to another.
func sealedGraph(t *testing.T) (*sandbox.Sandbox, *acctest.Workspace, func(version int)) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", Rotate: sandbox.RotateNever}}})
	ws := acctest.NewWorkspace(t, sb, nil).With("sealing_key", nil)
	configure := func(version int) {
		redirect := []string{"https://app.example.com/callback"}
		key, id := map[string]any{"algorithm": "ECDSA"}, acctest.Ref(sealedApp, "id")
		ws.Set(sealedApp, map[string]any{"client_name": "Budget", "version": version, "redirect_uris": redirect, "token_endpoint_auth_method": "client_secret_basic", "unlock": "when_needed",
			"roles": []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}})
		ws.Set(sealedCert, map[string]any{"application_id": id, "private_key": key})
		ws.Set(sealedKey, map[string]any{"application_id": id, "private_key": key})
		ws.Set(sealedSSA, map[string]any{"application_id": id, "application_revision": acctest.Ref(sealedApp, "revision")})
		ws.Set(sealedClient, map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": redirect, "token_endpoint_auth_method": "client_secret_basic",
			"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"},
			"client_name": fmt.Sprintf("Budget %d", version), "software_statement": acctest.Ref(sealedSSA, "assertion"),
			"client_certificate_pem": acctest.Ref(sealedCert, "certificate_pem"), "private_key_pem": acctest.Ref(sealedCert, "private_key_pem")})
	}
	configure(1)
	return sb, ws, configure
}

func applied(t *testing.T, ws *acctest.Workspace) {
	t.Helper()
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if next := ws.Plan(); !next.Empty() {
		t.Fatalf("the next plan is %v %v %v", next.Actions, next.Changes, next.Errors)
	}
}

// resting checks how secrets rest in state: sealed with one key, or in clear.
func resting(t *testing.T, ws *acctest.Workspace, key string) map[string]string {
	t.Helper()
	ring, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for address, names := range issued() {
		for _, name := range names {
			value, _ := ws.Resting(address)[name].(string)
			if out[address+"."+name] = value; value == "" || !ring.Current(value) {
				t.Errorf("%s.%s is %.30q", address, name, value)
			}
		}
	}
	return out
}

// writes counts what was sent to change something at a server.
func writes(sb *sandbox.Sandbox) int {
	count := 0
	for _, exchange := range sb.History() {
		if exchange.Method != http.MethodGet && !strings.Contains(exchange.Route, "token") {
			count++
		}
	}
	return count
}

func newKey(t *testing.T) string {
	t.Helper()
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// TestSealed goes through a life with sealing: on, used, changed, and off.
// Nothing of that touches a server, and an unchanged secret is not sealed anew.
func TestSealed(t *testing.T) {
	t.Parallel()
	sb, ws, configure := sealedGraph(t)
	first, second := newKey(t), newKey(t)
	applied(t, ws)
	inClear := resting(t, ws, "")
	sent := writes(sb)

	ws.With("sealing_key", first)
	applied(t, ws)
	sealed := resting(t, ws, first)
	if now := writes(sb); now != sent {
		t.Errorf("switching sealing on sent %d requests", now-sent)
	}
	for at, secret := range inClear {
		if slices.Contains([]string{sealed[at]}, secret) {
			t.Errorf("%s is in clear", at)
		}
	}
	if again := ws.Apply(); !again.Empty() {
		t.Errorf("another apply does %v", again.Changes)
	}
	if now := resting(t, ws, first); fmt.Sprint(now) != fmt.Sprint(sealed) {
		t.Error("unchanged secrets are sealed anew")
	}

	configure(2)
	applied(t, ws)
	if resting(t, ws, first)[sealedSSA+".assertion"] == sealed[sealedSSA+".assertion"] || writes(sb) == sent {
		t.Error("the change brought no new statement")
	}
	sent = writes(sb)

	ws.With("sealing_key", second).With("previous_sealing_keys", []string{first})
	applied(t, ws)
	resting(t, ws, second)
	ws.With("previous_sealing_keys", nil)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("without the first key: %v", r.Errors)
	}

	ws.With("sealing_key", nil).With("previous_sealing_keys", []string{second})
	applied(t, ws)
	resting(t, ws, "")
	if now := writes(sb); now != sent {
		t.Errorf("changing keys and switching sealing off sent %d requests", now-sent)
	}
	ws.With("sealing_key", first).With("previous_sealing_keys", nil)
	applied(t, ws)
	if r := ws.Destroy(); len(r.Errors) > 0 || ws.State(sealedClient) != nil {
		t.Errorf("the destroy says %v", r.Errors)
	}
	if left := sb.Server("bank").Clients(); len(left) > 0 {
		t.Errorf("left at the server are %v", left)
	}
}

// TestWrongSealingKey is one clear error for each resource with secrets; nothing is sent or lost.
func TestWrongSealingKey(t *testing.T) {
	t.Parallel()
	sb, ws, configure := sealedGraph(t)
	key := newKey(t)
	ws.With("sealing_key", key)
	applied(t, ws)
	before := resting(t, ws, key)
	configure(2)
	sent := writes(sb)
	for name, wrong := range map[string]any{"another key": newKey(t), "no key": nil} {
		ws.With("sealing_key", wrong)
		r := ws.Apply()
		failed, explained := map[string]bool{}, 0
		for _, text := range r.Errors {
			address, rest, _ := strings.Cut(text, ": ")
			if failed[address] = true; !strings.HasPrefix(rest, "A sealed secret cannot be opened") || strings.Contains(text, "eyJ") {
				t.Errorf("%s: %s", name, text)
			}
			if strings.Contains(text, "previous_sealing_keys") {
				explained++
			} else if !strings.Contains(text, "another error of this run") { // Which Terraform may show below.
				t.Errorf("%s: no way on is named: %s", name, text)
			}
		}
		if len(failed) != len(issued()) || explained != 1 {
			t.Errorf("%s: the way on is told %d times for %v", name, explained, failed)
		}
	}
	if fmt.Sprint(resting(t, ws, key)) != fmt.Sprint(before) || writes(sb) != sent {
		t.Error("something was changed")
	}
	ws.With("sealing_key", key)
	applied(t, ws)
}

// TestSealedByPublicKey: whoever has the public part makes everything and keeps
// it, and is told what needs the private one.
func TestSealedByPublicKey(t *testing.T) {
	t.Parallel()
	sb, ws, configure := sealedGraph(t)
	private, public := keyPair(t)
	ws.With("sealing_key", public).With("journal_path", t.TempDir())
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	before := resting(t, ws, public)
	sent := writes(sb)
	r := ws.Plan()
	if !r.Empty() || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "The client was not read") {
		t.Errorf("a plan has %v %v, warnings %q", r.Changes, r.Errors, r.Warnings)
	}
	signing := map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}, "request_format": "jwt", "signing_key_pem": ws.Resting(sealedCert)["private_key_pem"]}
	ws.Set("dcr_client.other", signing)
	if r := ws.Plan(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "private key as sealing_key") {
		t.Errorf("a plan that needs the key says %q", r.Errors)
	}
	ws.Remove("dcr_client.other")
	configure(2)
	if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "private key as sealing_key") {
		t.Errorf("an update says %q", r.Errors)
	}
	if now := resting(t, ws, public); now[sealedClient+".registration_access_token"] != before[sealedClient+".registration_access_token"] || writes(sb) == sent {
		t.Error("the token of the client is another, or the application was not updated")
	}
	ws.With("sealing_key", private)
	applied(t, ws)
	resting(t, ws, private)
}

// TestSealedForms: another form of the same secret is no change, and no reason to
// send anything: neither an equivalent statement nor a value sealed elsewhere.
func TestSealedForms(t *testing.T) {
	t.Parallel()
	sb, ws, _ := sealedGraph(t)
	id := acctest.Ref(sealedApp, "id")
	statement := func(trigger string) {
		ws.Set(sealedSSA, map[string]any{"application_id": id, "application_revision": acctest.Ref(sealedApp, "revision"), "triggers": map[string]any{"n": trigger}})
	}
	applied(t, ws)
	statement("2")
	applied(t, ws)
	if ws.State(sealedClient)["software_statement"] == ws.State(sealedSSA)["assertion"] {
		t.Fatal("the client has the new statement already, so this proves nothing")
	}
	sent, first, second := writes(sb), newKey(t), newKey(t)
	ws.With("sealing_key", first)
	applied(t, ws)
	resting(t, ws, first)

	ring, err := seal.New(second)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := ring.Seal(fmt.Sprint(ws.State(sealedCert)["private_key_pem"]))
	if err != nil {
		t.Fatal(err)
	}
	ws.Set(sealedClient, map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}, "token_endpoint_auth_method": "client_secret_basic",
		"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "client_name": "Budget 1", "software_statement": acctest.Ref(sealedSSA, "assertion"),
		"client_certificate_pem": acctest.Ref(sealedCert, "certificate_pem"), "private_key_pem": elsewhere})
	for name, keys := range map[string][2]any{"another key as well": {first, []string{second}}, "previous keys only": {nil, []string{first, second}}} {
		ws.With("sealing_key", keys[0]).With("previous_sealing_keys", keys[1])
		for range 2 {
			applied(t, ws)
		}
		if now := writes(sb); now != sent {
			t.Errorf("%s: %d requests were sent", name, now-sent)
		}
	}
}

// TestSealedJournal: the journal is sealed with the state, and with every change
// of keys, although no answer of a server comes in between.
func TestSealedJournal(t *testing.T) {
	t.Parallel()
	sb, ws, _ := sealedGraph(t)
	folder := t.TempDir()
	ws.With("journal_path", folder)
	applied(t, ws)
	token := fmt.Sprint(ws.State(sealedClient)["registration_access_token"])
	inClear := func() bool {
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		return slices.ContainsFunc(files, func(file string) bool {
			raw, err := os.ReadFile(file)
			return err != nil || strings.Contains(string(raw), token)
		})
	}
	if !inClear() {
		t.Fatal("the journal has no token, so looking for it proves nothing")
	}
	sent, first, second := writes(sb), newKey(t), newKey(t)
	ws.With("sealing_key", first)
	applied(t, ws)
	if inClear() {
		t.Error("the journal has the token in clear")
	}
	ws.With("sealing_key", second).With("previous_sealing_keys", []string{first})
	applied(t, ws)
	ws.With("previous_sealing_keys", nil)
	if found, r := ws.Query("dcr_client", map[string]any{"known": true}, false, 0); len(r.Errors) > 0 || len(found) != 1 || writes(sb) != sent {
		t.Errorf("without the first key the journal lists %v, %q", found, r.Errors)
	}
}
