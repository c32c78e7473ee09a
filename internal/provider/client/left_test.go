package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestSecretReadAfterALostUpdate: an update whose answer was lost, and that is then
// read and repeated in vain, leaves the secret that the read told in state.
func TestSecretReadAfterALostUpdate(t *testing.T) {
	t.Parallel()
	for _, refresh := range []string{"auto", "never"} {
		t.Run(refresh, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever, RotateSecret: true}, map[string]any{"refresh": refresh})
			sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop})
			sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: 400})
			configure(map[string]any{"triggers": map[string]any{"renew": "1"}})
			if r := ws.Apply(); len(r.Errors) == 0 {
				t.Error("the update that was refused is no error")
			}
			now := fmt.Sprint(sb.Server("bank").Clients()[0]["client_secret"])
			if ws.State(this)["client_secret"] != now {
				t.Error("the state has a secret that is dead, although the provider read the one that is good")
			}
		})
	}
}

// TestUnansweredWithOtherMetadata: a run that was killed while its registration was
// under way told nobody; whoever registers at the same endpoint next must be told.
func TestUnansweredWithOtherMetadata(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
	ws, folder := journalled(t, sb, nil)
	applies(t, ws) // Only to learn how the endpoint is written.
	endpoint := endpointOf(t, folder)
	ws.Plan()
	if r := ws.Destroy(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	// A run that is killed between the request and the answer leaves this and nothing else.
	killed, err := journal.Open(folder, "the killed run").Begin(endpoint, "", "digest of other metadata", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	r := applies(t, ws)
	if !strings.Contains(fmt.Sprint(r.Warnings), killed.File) {
		t.Errorf("the apply does not name %s: %q", killed.File, r.Warnings)
	}
	if r := ws.Destroy(); !strings.Contains(fmt.Sprint(r.Warnings), killed.File) {
		t.Errorf("the removal does not name %s: %q", killed.File, r.Warnings)
	}
}

// TestUnansweredAtAnEndpointThatMoved: the server publishes another registration endpoint
// since; by its issuer, what was never answered is still found.
func TestUnansweredAtAnEndpointThatMoved(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
	ws, folder := journalled(t, sb, nil)
	killed, err := journal.Open(folder, "the killed run").Begin("https://before.example/register", sb.Info().AuthorizationServers[0].Issuer, "digest of other metadata", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r := applies(t, ws); !strings.Contains(fmt.Sprint(r.Warnings), killed.File) {
		t.Errorf("the apply does not name %s: %q", killed.File, r.Warnings)
	}
	if r := ws.Destroy(); !strings.Contains(fmt.Sprint(r.Warnings), killed.File) {
		t.Errorf("the removal does not name %s: %q", killed.File, r.Warnings)
	}
}

// TestUnansweredBehindATakeOver: the same request, never answered, and then another that was, and is taken over.
func TestUnansweredBehindATakeOver(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
	ws, folder := journalled(t, sb, nil)
	applies(t, ws)
	lefts, _, err := journal.Open(folder, "look").Entries()
	if err != nil || len(lefts) != 1 {
		t.Fatal(err, lefts)
	}
	killed, err := journal.Open(folder, "the killed run").Begin(lefts[0].Endpoint, "", lefts[0].Request, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	ws.Lose(this)
	r := applies(t, ws)
	if !strings.Contains(fmt.Sprint(r.Warnings), killed.File) {
		t.Errorf("the apply takes over another and does not name %s", killed.File)
	}
}

// TestUnansweredIsForetold: that a killed run may have registered the same client is told by the plan,
// when nothing is registered on top of it yet, also if an older one is there to be taken over.
func TestUnansweredIsForetold(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
	ws, folder := journalled(t, sb, nil)
	applies(t, ws)
	lefts, _, err := journal.Open(folder, "look").Entries()
	if err != nil || len(lefts) != 1 {
		t.Fatal(err, lefts)
	}
	killed, err := journal.Open(folder, "the killed run").Begin(lefts[0].Endpoint, "", lefts[0].Request, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	ws.Lose(this)
	for _, told := range []string{killed.File, fmt.Sprint(lefts[0].ClientID)} {
		if r := ws.Plan(); !strings.Contains(fmt.Sprint(r.Warnings), told) || sb.Count("POST /register") != 1 {
			t.Errorf("the plan does not name %s: %q", told, r.Warnings)
		}
	}
}

func endpointOf(t *testing.T, folder string) string {
	t.Helper()
	lefts, known, err := journal.Open(folder, "look").Entries()
	if err != nil || len(lefts)+len(known) == 0 {
		t.Fatal("no entry", err)
	}
	return append(lefts, known...)[0].Endpoint
}

// hashing is a server that keeps secrets hashed, so that it tells one only when it issues it,
// that issues another secret and another token at every update, and that repeats the token when read.
type hashing struct {
	mu            sync.Mutex
	token, secret int
	metadata      map[string]any
	url           string
}

func (h *hashing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]any{}
	status := http.StatusOK
	switch {
	case r.Method == http.MethodPost:
		status, h.token, h.secret = http.StatusCreated, 1, 1
	case r.Header.Get("Authorization") != fmt.Sprintf("Bearer registration-token-%d", h.token):
		http.Error(w, "{}", http.StatusUnauthorized)
		return
	case r.Method == http.MethodPut:
		h.token++
		h.secret++
	}
	if r.Method != http.MethodGet {
		h.metadata = map[string]any{}
		_ = json.NewDecoder(r.Body).Decode(&h.metadata)
		out["client_secret"], out["client_secret_expires_at"] = fmt.Sprintf("client-secret-%d", h.secret), 0
	}
	for name, value := range h.metadata {
		out[name] = value
	}
	out["client_id"], out["registration_client_uri"], out["registration_access_token"] = "one", h.url+"/register/one", fmt.Sprintf("registration-token-%d", h.token)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out)
}

// TestSecretOfAnOldJournal: a journal that did not hear the last update, because another
// machine made it, does not put its old secret in the place of the state's.
func TestSecretOfAnOldJournal(t *testing.T) {
	t.Parallel()
	server := &hashing{}
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	server.url = listening.URL
	sb := acctest.Sandbox(t, sandbox.Options{})
	here, there := filepath.Join(t.TempDir(), "here"), filepath.Join(t.TempDir(), "there")
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", here)
	configure := func(name string) {
		ws.Set(this, map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}, "client_name": name, "token_endpoint_auth_method": "client_secret_basic"})
	}
	configure("First")
	applies(t, ws)
	ws.With("journal_path", there) // Another machine, with a journal of its own.
	configure("Second")
	applies(t, ws)
	if got := ws.State(this)["client_secret"]; got != "client-secret-2" {
		t.Fatalf("after the update the state has %v", got)
	}
	ws.With("journal_path", here)
	applies(t, ws)
	if got := ws.State(this)["client_secret"]; got != "client-secret-2" {
		t.Errorf("the state has %v, and the server client-secret-2", got)
	}
}

// TestLeftBehindAtTheAlias: a client that a killed run registered at one of the endpoints
// that the server publishes is found by a run that registers at the other one.
func TestLeftBehindAtTheAlias(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	mux := http.NewServeMux()
	listening := httptest.NewServer(mux)
	t.Cleanup(listening.Close)
	answer := func(w http.ResponseWriter, status int, out map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(out)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"issuer": listening.URL, "registration_endpoint": listening.URL + "/register", "token_endpoint": listening.URL + "/token",
			"mtls_endpoint_aliases": map[string]any{"registration_endpoint": listening.URL + "/mtls/register"}})
	})
	register := func(w http.ResponseWriter, r *http.Request) {
		id := fmt.Sprintf("client-%d", posts.Add(1))
		out := map[string]any{}
		_ = json.NewDecoder(r.Body).Decode(&out)
		out["client_id"], out["registration_access_token"], out["registration_client_uri"] = id, "token-of-"+id, listening.URL+"/manage/"+id
		answer(w, 201, out)
	}
	mux.HandleFunc("POST /register", register)
	mux.HandleFunc("POST /mtls/register", register)
	mux.HandleFunc("GET /manage/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, map[string]any{"client_id": r.PathValue("id"), "redirect_uris": []string{callback}})
	})
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", filepath.Join(t.TempDir(), "journal"))
	config := map[string]any{"issuer": listening.URL, "redirect_uris": []string{callback}}
	ws.Set(this, config)
	applies(t, ws)
	ws.Lose(this) // The run was killed before the state was written.
	config["client_certificate_pem"], config["private_key_pem"] = sb.ClientCertificatePEM(), sb.ClientPrivateKeyPEM()
	r := applies(t, ws)
	if posts.Load() != 1 && !strings.Contains(fmt.Sprint(r.Warnings), "client-1") {
		t.Errorf("%d clients were registered, and client-1 is neither in state nor named", posts.Load())
	}
}

// TestSecretRequiredAfterALostUpdate: of a server that wants the secret in an update and issues
// another with each, one lost answer needs nobody's help.
func TestSecretRequiredAfterALostUpdate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever, RotateSecret: true, SecretOnUpdate: "required"}, map[string]any{"refresh": "never"})
	configure(map[string]any{"triggers": map[string]any{"renew": "1"}})
	applies(t, ws)
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop})
	configure(map[string]any{"triggers": map[string]any{"renew": "2"}})
	for range 3 {
		ws.Apply()
	}
	if now := fmt.Sprint(sb.Server("bank").Clients()[0]["client_secret"]); ws.State(this)["client_secret"] != now {
		t.Errorf("the state has a dead secret: %v, the server %v", ws.State(this)["client_secret"], now)
	}
}

// TestTwinsKeepTheirToken: registering a client like another one leaves the other one's token
// alone: whoever has the state, and not this machine's journal, would have it no more.
func TestTwinsKeepTheirToken(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate, t.AllowSecondRegistration = sandbox.RotateOnRead, true })
	ws, _ := journalled(t, sb, nil)
	applies(t, ws)
	ws.Plan() // It is in a state now.
	ws.Set("dcr_client.other", map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	warned(t, applies(t, ws), "The journal has another client with the same metadata", fmt.Sprint(ws.State(this)["client_id"]))
	// Another machine has the state, and a journal of its own.
	ws.With("journal_path", filepath.Join(t.TempDir(), "elsewhere"))
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "Changed"})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Errorf("the first client's token in state is dead: %.300s", fmt.Sprint(r.Errors))
	}
}

// TestRefusedInADiscardedPlan: a client that a server refused in passing is named when its state is lost later.
func TestRefusedInADiscardedPlan(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
	first, folder := journalled(t, sb, nil)
	applies(t, first) // Only to learn how the endpoint is written.
	endpoint := endpointOf(t, folder)
	first.Destroy()
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", folder)
	// By endpoint alone: the token endpoint, which could tell that the client is there, is not known.
	ws.Set(this, map[string]any{"registration_endpoint": endpoint, "redirect_uris": []string{callback}, "on_unauthorized": "recreate"})
	applies(t, ws)
	applies(t, ws)
	id := fmt.Sprint(ws.State(this)["client_id"])
	// The server refuses for a moment; the plan is looked at and thrown away.
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1})
	ws.Plan()
	applies(t, ws) // The server answers for the same client again.
	if got := fmt.Sprint(ws.State(this)["client_id"]); got != id {
		t.Fatalf("%s became %s", id, got)
	}
	ws.Lose(this)
	r := applies(t, ws)
	if !strings.Contains(fmt.Sprint(r.Warnings), id) {
		t.Errorf("%s, which the server knows, is not named by the registration of another: %q", id, r.Warnings)
	}
}

// TestJournalCannotBeRead is told by the plan: a replacement had removed the client before the apply found out.
func TestJournalCannotBeRead(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, folder := journalled(t, sb, nil)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "registration-0123456789abcdef.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	warned(t, ws.Plan(), "The registration journal cannot be read", file, "stops before it registers", "mended, for example from a backup")
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("The registration journal cannot be used", file, "Nothing was sent").MatchString(r.Errors[0]) || sb.Count("POST /register") != 0 {
		t.Errorf("the apply says %q", r.Errors)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); len(r.Warnings) != 0 {
		t.Errorf("a readable journal is warned of: %q", r.Warnings)
	}
}
