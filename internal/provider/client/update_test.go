package client_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// plainClient is a workspace with a client of a server that wants no statement.
func plainClient(t *testing.T, temper sandbox.Temper, more map[string]any) (*sandbox.Sandbox, *acctest.Workspace, func(map[string]any)) {
	t.Helper()
	temper.Name, temper.NoStatement, temper.NoMutualTLS = "bank", true, true
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper}})
	ws := acctest.NewWorkspace(t, sb, nil)
	configure := func(values map[string]any) {
		config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "token_endpoint_auth_method": "client_secret_basic"}
		for _, from := range []map[string]any{more, values} {
			for name, value := range from {
				config[name] = value
			}
		}
		ws.Set(this, config)
	}
	configure(nil)
	applies(t, ws)
	return sb, ws, configure
}

func puts(sb *sandbox.Sandbox) []int {
	var out []int
	for _, request := range sb.History() {
		if request.Route == "PUT /register/{client_id}" {
			out = append(out, request.Status)
		}
	}
	return out
}

// TestSecretInUpdate: an update carries no client secret, unless the server says
// that it wants it. Then the next one carries it from the beginning, until the
// server changes its mind.
func TestSecretInUpdate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{SecretOnUpdate: "required"}, nil)
	for _, name := range []string{"First", "Second"} {
		configure(map[string]any{"client_name": name})
		applies(t, ws)
	}
	if err := sb.Server("bank").SetTemper(func(temper *sandbox.Temper) { temper.SecretOnUpdate = "refused" }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Third", "Fourth"} {
		configure(map[string]any{"client_name": name})
		applies(t, ws)
	}
	if got, want := puts(sb), []int{400, 200, 200, 403, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("the updates were answered %v, want %v", got, want)
	}
	settled(t, ws, sb)
}

// TestSecretByAnotherName: a refusal that has the word in it and is about something else teaches
// nothing of what the server wants in an update.
func TestSecretByAnotherName(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{SecretOnUpdate: "refused"}, nil)
	if err := sb.Arm(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: "status", Status: http.StatusBadRequest, Times: 2,
		Body: `{"error":"invalid_client_metadata","error_description":"client_secret_basic is not offered"}`}); err != nil {
		t.Fatal(err)
	}
	configure(map[string]any{"client_name": "First"})
	if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "is not offered") {
		t.Errorf("the apply says %q", r.Errors)
	}
	applies(t, ws)
	if got, want := puts(sb), []int{400, 400, 200}; !slices.Equal(got, want) {
		t.Errorf("the updates were answered %v, want %v", got, want)
	}
}

// TestMaskedOnRead: asterisks that a server shows in place of token and secret do not take
// theirs, neither in a refresh nor in the read after an update.
func TestMaskedOnRead(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{MaskOnRead: true}, nil)
	for _, name := range []string{"First", "Second"} {
		configure(map[string]any{"client_name": name})
		applies(t, ws)
		settled(t, ws, sb)
		held, state := sb.Server("bank").Clients()[0], ws.State(this)
		if state["client_secret"] != held["client_secret"] || state["client_secret_expires_at"] == nil {
			t.Errorf("after %s the state has another secret than the server", name)
		}
	}
	ws.Remove(this)
	applies(t, ws)
	if left := sb.Server("bank").Clients(); len(left) > 0 {
		t.Errorf("%d clients are left", len(left))
	}
}

// TestRenewalWithLostAnswer: of a renewal nothing is to be seen in the metadata,
// so it is asked for again.
func TestRenewalWithLostAnswer(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever, RotateSecret: true, OmitTokenOnRead: true}, nil)
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop, Times: 1})
	configure(map[string]any{"triggers": map[string]any{"renewal": "1"}})
	applies(t, ws)
	if held := sb.Server("bank").Clients()[0]; len(puts(sb)) != 2 || held["client_secret"] != ws.State(this)["client_secret"] {
		t.Errorf("after %v the state has another secret than the server", puts(sb))
	}
	settled(t, ws, sb)
}

// TestLostUpdateOnRotation: where the lost answer had the new token, the apply says so, and nothing else.
func TestLostUpdateOnRotation(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, nil)
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop, Times: 1})
	configure(map[string]any{"client_name": "Other"})
	r := ws.Apply()
	if len(r.Errors) != 1 || len(puts(sb)) != 1 {
		t.Errorf("the apply says %q after %v", r.Errors, puts(sb))
	}
	told := strings.Join(r.Errors, "\n")
	if !acctest.Words(this+".registration_access_token: The registration access token was most likely replaced", "the server closed the connection before it answered", "terraform import").MatchString(told) ||
		acctest.Words("Run terraform plan").MatchString(told) || regexp.MustCompile(`\bEOF\b`).MatchString(told) || len(r.Warnings) > 0 {
		t.Errorf("the apply says %q, %q", r.Errors, r.Warnings)
	}
}

// TestLostUpdateOnRotatingRead: the read that finds out what became of an update
// replaces the token, which is in state even when the second attempt fails.
func TestLostUpdateOnRotatingRead(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, nil)
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusBadGateway, Times: 2})
	configure(map[string]any{"client_name": "Other"})
	if r := ws.Apply(); len(r.Errors) != 1 || len(puts(sb)) != 2 {
		t.Errorf("the apply says %q after %v", r.Errors, puts(sb))
	}
	applies(t, ws)
	if client := sb.Server("bank").Clients()[0]; client["client_name"] != "Other" || sb.Count("POST /register") != 1 {
		t.Errorf("the server has %v", client["client_name"])
	}
}

// TestExpiringToken tells of a registration access token that ends.
func TestExpiringToken(t *testing.T) {
	t.Parallel()
	for lifetime, told := range map[time.Duration]bool{90 * 24 * time.Hour: false, 13 * 24 * time.Hour: true} {
		_, ws, _ := plainClient(t, sandbox.Temper{TokenLifetime: lifetime}, nil)
		r := ws.Plan()
		if got := slices.ContainsFunc(r.Warnings, acctest.Words("expires soon", "change triggers").MatchString); got != told || !r.Empty() {
			t.Errorf("%s: the plan warns %q", lifetime, r.Warnings)
		}
	}
}

// TestWeakened tells of a server that registers less security than asked for,
// whatever on_override says.
func TestWeakened(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, map[string]any{"on_override": "ignore", "scope": "openid"})
	if err := sb.Server("bank").SetTemper(func(temper *sandbox.Temper) { temper.GrantAllScopes = true }); err != nil {
		t.Fatal(err)
	}
	configure(map[string]any{"client_name": "Other"})
	warned(t, applies(t, ws), "less security than asked for", `scope: also "accounts`)
	settled(t, ws, sb)
}

// TestKeptMembers tells of a server that keeps what an update leaves out, once.
func TestKeptMembers(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{MergeOnUpdate: true}, nil)
	configure(map[string]any{"client_name": "Budget", "contacts": []string{"ops@example.com"}})
	applies(t, ws)
	configure(map[string]any{"client_name": "Budget"})
	warned(t, applies(t, ws), "kept what was removed", "contacts", "ops@example.com")
	if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
		t.Errorf("then planned is %v with %q", r.Changes, r.Warnings)
	}
	settled(t, ws, sb)
}
