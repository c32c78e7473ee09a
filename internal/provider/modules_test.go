package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// environmentOf is the environment that configures the provider for a sandbox,
// as the guides tell users to set it.
func environmentOf(t *testing.T, sb *sandbox.Sandbox) []string {
	t.Helper()
	info, folder := sb.Info(), t.TempDir()
	files := map[string]string{"ca.pem": sb.CACertificatesPEM(), "client.pem": sb.ClientCertificatePEM(), "client.key": sb.ClientPrivateKeyPEM()}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	banks := map[string]string{}
	for _, server := range info.AuthorizationServers {
		banks[server.Name] = server.Issuer
	}
	servers, err := json.Marshal(banks)
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	return []string{
		"DCR_DIRECTORY_API_URL=" + info.APIURL, "DCR_DIRECTORY_ISSUER=" + info.Issuer, "DCR_DIRECTORY_KEYSTORE_URL=" + info.KeystoreURL, "DCR_DIRECTORY_PARTICIPANTS_URL=" + info.ParticipantsURL,
		"DCR_ORGANISATION_ID=" + info.OrganisationID, "DCR_DIRECTORY_CLIENT_ID=" + info.ClientID, "DCR_DIRECTORY_CLIENT_CERTIFICATE_FILE=" + in("client.pem"), "DCR_DIRECTORY_PRIVATE_KEY_FILE=" + in("client.key"),
		"DCR_DIRECTORY_CA_CERTIFICATES_FILE=" + in("ca.pem"), "DCR_REGISTRATION_CA_CERTIFICATES_FILE=" + in("ca.pem"), "DCR_DIRECTORY_ACCESS_TOKEN=" + info.AccessToken,
		"DCR_DIRECTORY_ADMINISTRATOR_ACCESS_TOKEN=" + info.AdministratorAccessToken, "TF_VAR_authorization_servers=" + string(servers),
	}
}

// example is a copy of the examples, so that nothing is written into the repository.
func example(t *testing.T, folder string) *process {
	t.Helper()
	p := newProcess(t)
	if err := os.CopyFS(p.folder, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	p.folder = filepath.Join(p.folder, folder)
	// Modules are fetched without the provider, which is the one that was just built.
	p.run(t, 0, nil, "get")
	return p
}

// TestModule runs the module's own tests, as its users do: three against servers, and two against none.
func TestModule(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "first"}, {Name: "second", Rotate: sandbox.RotateNever}}})
	printed := example(t, "modules/onboarding").run(t, 0, environmentOf(t, sb), "test")
	if !strings.Contains(printed, "5 passed, 0 failed") {
		t.Error(printed)
	}
	for _, bank := range []string{"first", "second"} {
		if got := len(sb.Server(bank).Clients()); got != 0 {
			t.Errorf("%s still holds %d clients", bank, got)
		}
	}
}

// TestExampleOfParticipants registers once at each issuer of the participants list
// that has the role, whatever brands share it, and at a bank that joins later.
func TestExampleOfParticipants(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "shared"}, {Name: "later"}, {Name: "payments"}}})
	participant := func(role, bank string, brands ...string) map[string]any {
		servers := []any{}
		for _, brand := range brands {
			servers = append(servers, map[string]any{"AuthorisationServerId": brand, "Issuer": sb.Server(bank).Issuer(), "SupportsDCR": true})
		}
		return map[string]any{"OrganisationId": bank, "OrganisationName": bank, "Status": "Active", "AuthorisationServers": servers,
			"OrgDomainRoleClaims": []any{map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": role, "Status": "Active"}}}
	}
	var list atomic.Value
	list.Store([]any{participant("DADOS", "shared", "first-brand", "second-brand"), participant("PAGTO", "payments", "payments")})
	published := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list.Load())
	}))
	t.Cleanup(published.Close)
	p, environment := example(t, "participants"), append(environmentOf(t, sb), "DCR_DIRECTORY_PARTICIPANTS_URL="+published.URL)
	have := func(want ...int) {
		t.Helper()
		for i, bank := range []string{"shared", "later", "payments"} {
			if got := len(sb.Server(bank).Clients()); got != want[i] {
				t.Errorf("%s has %d clients, want %d", bank, got, want[i])
			}
		}
	}
	p.run(t, 0, environment, "apply", "-auto-approve")
	have(1, 0, 0)
	list.Store([]any{participant("DADOS", "later", "later"), participant("DADOS", "shared", "second-brand", "third-brand"), participant("PAGTO", "payments", "payments")})
	// Brands come and go and the client of their issuer stays, because it is the issuer that names it.
	if printed := p.run(t, 0, environment, "apply", "-auto-approve"); !strings.Contains(printed, "1 added, 0 changed, 0 destroyed") {
		t.Error(tail(printed))
	}
	have(1, 1, 0)
	var clients map[string]string
	if err := json.Unmarshal([]byte(p.run(t, 0, environment, "output", "-json", "client_ids")), &clients); err != nil || clients[sb.Server("shared").Issuer()] == "" || len(clients) != 2 {
		t.Error(clients, err)
	}
	p.run(t, 0, environment, "plan", "-detailed-exitcode")
	// A bank that leaves the list takes nobody's consent along.
	leave := fmt.Sprintf("leave_out=[%q]", sb.Server("later").Issuer())
	if printed := p.run(t, 1, environment, "plan", "-var", leave); !strings.Contains(printed, "protected from deletion") {
		t.Error(tail(printed))
	}
}

// TestExampleOfEnvironments onboards into two environments from one
// configuration, each with a state and a journal of its own.
func TestExampleOfEnvironments(t *testing.T) {
	t.Parallel()
	p := example(t, "environments")
	directories := map[string]any{}
	environments := map[string][]string{}
	sandboxes := map[string]*sandbox.Sandbox{}
	for _, name := range []string{"sandbox", "production"} {
		sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
		info := sb.Info()
		directories[name] = map[string]any{"api_url": info.APIURL, "issuer": info.Issuer, "keystore_url": info.KeystoreURL, "authorization_servers": map[string]string{"bank": sb.Server("bank").Issuer()}}
		environments[name], sandboxes[name] = environmentOf(t, sb), sb
	}
	raw, err := json.Marshal(directories)
	if err != nil {
		t.Fatal(err)
	}
	// The workspace default would be a second state of the sandbox, and register everything there again.
	if printed := p.run(t, 1, append(environments["sandbox"], "TF_VAR_directories="+string(raw)), "plan"); !strings.Contains(printed, "Select the workspace of an environment") {
		t.Error(tail(printed))
	}
	for name, environment := range environments {
		environments[name] = append(environment, "TF_VAR_directories="+string(raw), "TF_WORKSPACE="+name)
		p.run(t, 0, nil, "workspace", "new", name)
		p.run(t, 0, environments[name], "apply", "-auto-approve")
		p.run(t, 0, environments[name], "plan", "-detailed-exitcode")
	}
	for name, sb := range sandboxes {
		if clients := sb.Server("bank").Clients(); len(clients) != 1 || strings.Contains(fmt.Sprint(clients[0]["redirect_uris"]), "sandbox") != (name == "sandbox") {
			t.Errorf("%s has %v", name, clients)
		}
	}
	// Production is protected, the sandbox is not.
	if printed := p.run(t, 1, environments["production"], "destroy", "-auto-approve"); !strings.Contains(printed, "protected from deletion") {
		t.Error(tail(printed))
	}
	p.run(t, 0, environments["sandbox"], "destroy", "-auto-approve")
}
