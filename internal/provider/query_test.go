package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestQuery: what the directory has is listed with its identity and its
// attributes, and imported by that identity with nothing left to do.
func TestQuery(t *testing.T) {
	t.Parallel()
	sb, ws, _ := sealedGraph(t)
	ws.With("sealing_key", acctest.SealingKey)
	ws.Set("dcr_application.other", map[string]any{"client_name": "Another", "version": 1, "redirect_uris": []string{"https://app.example.com/callback"}})
	ws.Set("dcr_signing_certificate.this", map[string]any{"application_id": acctest.Ref(sealedApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	applied(t, ws)
	// Newer directories page the list of certificates, and the answer does not say so.
	if err := sb.Directory().SetTemper(func(temper *sandbox.DirectoryTemper) { temper.CertificatePageSize = 1 }); err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(ws.State(sealedApp)["id"])
	for name, c := range map[string]struct {
		config  map[string]any
		limit   int64
		want    int
		address string
	}{
		"dcr_application":                                  {want: 2},
		"dcr_application, by name":                         {config: map[string]any{"name_contains": "BUDGET"}, want: 1, address: sealedApp},
		"dcr_application, by status":                       {config: map[string]any{"status": "Suspended"}},
		"dcr_application, one":                             {limit: 1, want: 1},
		"dcr_transport_certificate":                        {want: 1, address: sealedCert},
		"dcr_signing_certificate":                          {want: 1, address: "dcr_signing_certificate.this"},
		"dcr_public_key, of an application":                {config: map[string]any{"application_id": id}, want: 1, address: sealedKey},
		"dcr_public_key, of another type":                  {config: map[string]any{"type": "enckey"}},
		"dcr_transport_certificate, of none":               {config: map[string]any{"application_id": fmt.Sprint(ws.State("dcr_application.other")["id"])}},
		"dcr_transport_certificate, of a type by itself":   {config: map[string]any{"application_id": id, "type": "rtstransport"}, want: 1},
		"dcr_transport_certificate, of a type in capitals": {config: map[string]any{"type": "RTSTRANSPORT"}, want: 1},
	} {
		kind, _, _ := strings.Cut(name, ",")
		for _, include := range []bool{false, true} {
			found, r := ws.Query(kind, c.config, include, c.limit)
			if len(r.Errors) > 0 || len(r.Warnings) > 0 || len(found) != c.want {
				t.Errorf("%s: %d found, %q, %q", name, len(found), r.Errors, r.Warnings)
				continue
			}
			for _, one := range found {
				if one.Name == "" || (one.Attributes != nil) != include {
					t.Errorf("%s: %+v", name, one)
				}
			}
			if c.address == "" || include {
				continue
			}
			if fmt.Sprint(found[0].Identity) != fmt.Sprint(ws.Identity(c.address)) {
				t.Errorf("%s: the identity is %v", name, found[0].Identity)
			}
		}
	}
	before := len(sb.History())
	if found, _ := ws.Query("dcr_application", nil, true, 0); len(found) > 0 && fmt.Sprint(found[0].Attributes["client_name"]) == "" || len(sb.History())-before > 8 {
		t.Errorf("listing two applications took %d requests: %v", len(sb.History())-before, found)
	}
	// An application without secrets is imported as it is listed.
	kept := ws.State("dcr_application.other")
	ws.Lose("dcr_application.other")
	if r := ws.ImportBy("dcr_application.other", map[string]string{"id": fmt.Sprint(kept["id"])}); len(r.Errors) > 0 {
		t.Error(r.Errors)
	}
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("after the import the plan is %v %q", r.Changes, r.Errors)
	}
	sb.Inject(sandbox.Fault{Route: "GET /organisations/{org}/softwarestatements", Kind: sandbox.FaultStatus, Status: http.StatusForbidden, Times: 1})
	if found, r := ws.Query("dcr_application", nil, false, 0); sb.Pending() == 0 && (len(r.Errors) != 1 || len(found) > 0) {
		t.Errorf("a directory that refuses lists %v, %q", found, r.Errors)
	}
}

// TestQueryJournal: a client that no state has is listed from the journal, and
// imported by its identity with the journal's token, also where nobody but the
// answer to the registration ever said it.
func TestQueryJournal(t *testing.T) {
	t.Parallel()
	for name, temper := range map[string]sandbox.Temper{"said again": {}, "said once": {OmitTokenOnRead: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temper.Name, temper.NoStatement, temper.NoMutualTLS = "bank", true, true
			queryJournal(t, temper)
		})
	}
}

func queryJournal(t *testing.T, temper sandbox.Temper) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper}})
	ws := acctest.NewWorkspace(t, sb, nil)
	if _, r := ws.Query("dcr_client", nil, false, 0); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "journal_path") {
		t.Errorf("without a journal: %q", r.Errors)
	}
	ws.With("journal_path", t.TempDir())
	config := map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}, "client_name": "Budget", "token_endpoint_auth_method": "client_secret_basic"}
	ws.Set("dcr_client.this", config)
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	state := ws.State("dcr_client.this")
	ws.Lose("dcr_client.this")
	read := sb.Count("GET /register/{client_id}")
	found, r := ws.Query("dcr_client", nil, true, 0)
	if len(r.Errors) > 0 || len(found) != 1 || found[0].Identity["client_id"] != state["client_id"] || found[0].Attributes["client_name"] != "Budget" || found[0].Attributes["registration_access_token"] != nil {
		t.Fatalf("left behind are %+v, %q", found, r.Errors)
	}
	if all, _ := ws.Query("dcr_client", map[string]any{"known": true}, false, 0); len(all) != 1 {
		t.Errorf("with those that a state has, the one client is listed as %+v", all)
	}
	if sb.Count("GET /register/{client_id}") != read {
		t.Error("listing read the client")
	}
	if r := ws.ImportBy("dcr_client.this", found[0].Identity); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	applied(t, ws)
	if secret := ws.State("dcr_client.this")["client_secret"]; secret == nil || secret != state["client_secret"] {
		t.Error("the secret did not come with the import")
	}
	if ws.State("dcr_client.this")["client_id"] != state["client_id"] || len(sb.Server("bank").Clients()) != 1 {
		t.Error("the client is another")
	}
	if found, _ := ws.Query("dcr_client", nil, false, 0); len(found) != 0 {
		t.Errorf("what a state has is listed: %v", found)
	}
	if found, _ := ws.Query("dcr_client", map[string]any{"known": true}, false, 0); len(found) != 1 {
		t.Errorf("known are %v", found)
	}
}

// TestActions does by hand what resources do by themselves, and says what came of it.
func TestActions(t *testing.T) {
	t.Parallel()
	sb, ws, _ := sealedGraph(t)
	ws.With("sealing_key", acctest.SealingKey)
	applied(t, ws)
	app, cert, client := ws.State(sealedApp), ws.State(sealedCert), ws.Resting(sealedClient)
	id := fmt.Sprint(app["id"])
	locked := func() any {
		for _, view := range sb.Directory().Applications() {
			if view["SoftwareStatementId"] == id {
				return view["Locked"]
			}
		}
		return nil
	}
	run := func(name string, config map[string]any, wantError string, want ...string) {
		t.Helper()
		said, r := ws.Invoke(name, config)
		if wantError != "" && (len(r.Errors) != 1 || !acctest.Words(wantError).MatchString(r.Errors[0])) || wantError == "" && len(r.Errors) > 0 || len(said) != len(want) {
			t.Errorf("%s says %q, %q", name, said, r.Errors)
			return
		}
		for i, text := range want {
			if !strings.Contains(said[i], text) {
				t.Errorf("%s says %q", name, said)
			}
		}
	}
	run("dcr_unlock_application", map[string]any{"application_id": id}, "", "unlocked Budget")
	run("dcr_unlock_application", map[string]any{"application_id": id}, "", "is not locked")
	if locked() != false {
		t.Error("the application is still locked")
	}
	run("dcr_reissue_software_statement", map[string]any{"application_id": id}, "", "digest")
	if locked() != true {
		t.Error("the application is not locked again")
	}
	for _, name := range []string{"dcr_unlock_application", "dcr_reissue_software_statement"} {
		run(name, map[string]any{"application_id": "00000000-0000-0000-0000-000000000000"}, "application_id: The application does not exist: Application 00000000")
	}
	revoke := map[string]any{"application_id": id, "type": "rtstransport", "kid": cert["kid"], "reason": "keycompromise"}
	run("dcr_revoke_certificate", map[string]any{"application_id": id, "type": "rtstransport", "kid": "nothing"}, "The certificate is not there")
	probe := map[string]any{"client_id": client["client_id"], "issuer": sb.Server("bank").Issuer(), "client_secret": client["client_secret"],
		"client_certificate_pem": cert["certificate_chain_pem"], "private_key_pem": ws.Resting(sealedCert)["private_key_pem"]}
	run("dcr_probe_client", probe, "", "got an access token")
	probe["client_secret"] = "wrong"
	run("dcr_probe_client", probe, "invalid_client")
	delete(probe, "issuer")
	run("dcr_probe_client", probe, "a token_endpoint.\n\nSet issuer or token_endpoint.") // There is no token of the directory to have instead.
	run("dcr_revoke_certificate", revoke, "", "revoked "+fmt.Sprint(cert["kid"]))
	run("dcr_revoke_certificate", revoke, "", "not active any more")
	if r := ws.Plan(); r.Actions[sealedCert] == acctest.ActionNone {
		t.Error("no successor of the revoked certificate is planned")
	}
}

// TestActionsNotValid: a value that only the plan knows, as that of a variable, is
// held to the schema before anything is sent.
func TestActionsNotValid(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	const id, unlock, reissue, revoke = "3f0c1a52-6c07-4b34-9d3c-0a4e5d1b7c11", "dcr_unlock_application", "dcr_reissue_software_statement", "dcr_revoke_certificate"
	for _, c := range []struct {
		action, attribute string
		value             any
		want              string
	}{
		{unlock, "application_id", "", "The value of application_id is not valid"}, {unlock, "application_id", ".", "The value of application_id is not valid"},
		{reissue, "application_id", "..", "The value of application_id is not valid"}, {revoke, "application_id", "..", "The value of application_id is not valid"},
		{revoke, "kid", "", "The value of kid is not valid"}, {revoke, "kid", "..", "The value of kid is not valid"}, {revoke, "type", "", "The value of type is not valid"},
		{revoke, "type", nil, "Missing Configuration for Required Attribute"}, {revoke, "reason", "", "Invalid Attribute Value Match"}, {revoke, "reason", "tired", "Invalid Attribute Value Match"},
		{"dcr_probe_client", "client_id", "", "The value of client_id is not valid"},
	} {
		config := map[string]any{"application_id": id}
		switch c.action {
		case revoke:
			config["type"], config["kid"] = "rtstransport", "kid"
		case "dcr_probe_client":
			config = map[string]any{"issuer": "https://bank.example.com"}
		}
		config[c.attribute] = c.value
		said, r := ws.Invoke(c.action, config)
		if len(said) > 0 || len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], c.action+"."+c.attribute+": "+c.want) {
			t.Errorf("%s with %s = %v says %q, %q", c.action, c.attribute, c.value, said, r.Errors)
		}
	}
	if sent := len(sb.History()); sent > 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

// TestQueryTypes: what is a type of another resource is not listed, to be imported as
// what it is not; a type that nobody knows may be the deployment's own.
func TestQueryTypes(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	for _, c := range []struct{ list, kind, want string }{
		{"dcr_transport_certificate", "rtssigning", `"rtssigning" is a type of dcr_signing_certificate: list that.`},
		{"dcr_signing_certificate", "brcac", `"brcac" is a type of dcr_transport_certificate: list that.`},
		{"dcr_transport_certificate", "sigkey", `"sigkey" is a type of dcr_public_key: list that.`},
		{"dcr_signing_certificate", "", "one of `rtssigning`, or the deployment's own"},
		{"dcr_public_key", "rtssigning", `value must be one of: ["sigkey" "enckey"]`},
		{"dcr_transport_certificate", "WRPAC", ""},
	} {
		_, r := ws.Query(c.list, map[string]any{"type": c.kind}, false, 0)
		if c.want == "" && len(r.Errors) > 0 || c.want != "" && (len(r.Errors) != 1 || !strings.Contains(r.Errors[0], c.want)) {
			t.Errorf("%s of type %q: %q", c.list, c.kind, r.Errors)
		}
	}
}

// TestBlamed: what an ephemeral resource or a list has of its own is blamed for what
// is wrong with it, and not the provider's configuration.
func TestBlamed(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	ws := acctest.NewWorkspace(t, sb, map[string]any{"access_token": nil})
	_, scoped := ws.Open("dcr_access_token", map[string]any{"scope": "directory:everything"})
	_, wrong := ws.Open("dcr_access_token", map[string]any{"client_id": "one", "client_secret": "two", "issuer": sb.Server("bank").Issuer() + "/elsewhere"})
	_, listed := ws.Query("dcr_transport_certificate", map[string]any{"application_id": "00000000-0000-4000-8000-000000000000"}, false, 0)
	for want, r := range map[string]*acctest.Result{
		"dcr_access_token.scope: The directory refused to issue an access token": scoped, "Set scope to a scope this client may have": scoped,
		"dcr_access_token.issuer: The authorization server gives no discovery document": wrong, "set token_endpoint": wrong,
		"application_id: The application does not exist": listed, "Nothing was listed": listed,
	} {
		if len(r.Errors) != 1 || !strings.Contains(r.Errors[0], want) || strings.Contains(r.Errors[0], "Set directory.") || strings.Contains(r.Errors[0], "Check directory.") {
			t.Errorf("%q, want %q", r.Errors, want)
		}
	}
	ws.Override("scope", "directory:everything")
	if _, r := ws.Open("dcr_access_token", nil); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "Set directory.scope") {
		t.Errorf("the provider's scope: %q", r.Errors)
	}
}

// TestDrafts: what Terraform writes down of what is listed can be planned as it
// is, with the import of each, and applied without a request that changes anything.
func TestDrafts(t *testing.T) {
	t.Parallel()
	sb, ws, _ := sealedGraph(t)
	ws.Set("dcr_signing_certificate.this", map[string]any{"application_id": acctest.Ref(sealedApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	applied(t, ws)
	drafts := acctest.NewWorkspace(t, sb, nil)
	var addresses []string
	for _, kind := range []string{"dcr_application", "dcr_transport_certificate", "dcr_signing_certificate", "dcr_public_key"} {
		found, r := drafts.Query(kind, nil, true, 0)
		if len(found) != 1 || len(r.Errors) > 0 {
			t.Fatalf("%s: %d found, %q", kind, len(found), r.Errors)
		}
		address := kind + ".draft"
		addresses = append(addresses, address)
		drafts.Set(address, drafts.Draft(address, found[0].Attributes))
		if r := drafts.ImportBy(address, found[0].Identity); len(r.Errors) > 0 {
			t.Fatalf("%s: %q", kind, r.Errors)
		}
	}
	r := drafts.Plan()
	if len(r.Errors) > 0 {
		t.Errorf("the plan says %q", r.Errors)
	}
	for _, address := range addresses {
		if action := r.Actions[address]; action != acctest.ActionNone && action != acctest.ActionUpdate {
			t.Errorf("%s: planned is %s", address, action)
		}
	}
	sb.Reset()
	applied(t, drafts)
	for _, request := range sb.History() {
		if request.Method != http.MethodGet && !strings.Contains(request.Route, "token") {
			t.Errorf("sent was %s", request.Route)
		}
	}
	if r := drafts.Plan(); !r.Empty() {
		t.Errorf("left to do is %v with %q", r.Changes, r.Errors)
	}
}
