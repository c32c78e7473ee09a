package certificate_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// active are the key IDs that are valid at the directory.
func active(sb *sandbox.Sandbox, id string) []string {
	var out []string
	for _, c := range sb.Directory().Certificates(id) {
		if c.Status == "Active" {
			out = append(out, c.Kid)
		}
	}
	return out
}

func application(t *testing.T, sb *sandbox.Sandbox) string {
	t.Helper()
	if apps := sb.Directory().Applications(); len(apps) > 0 {
		return fmt.Sprint(apps[0]["SoftwareStatementId"])
	}
	id, err := sb.Directory().Create(map[string]any{
		"ClientName": "Budget", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// made is a key for the provider to make.
func made(algorithm string) map[string]any { return map[string]any{"algorithm": algorithm} }

// TestEveryRequestFails has the directory fail each request of each operation in
// each way: what is left is one certificate or key, the one in state.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"dcr_transport_certificate.this", "dcr_signing_certificate.this", "dcr_public_key.this"} {
		configured := func(algorithm string) func(*acctest.Workspace, *sandbox.Sandbox) {
			return func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
				ws.Set(address, map[string]any{"application_id": application(t, sb), "private_key": made(algorithm), "overlap": "0s"})
			}
		}
		check := func(want int) func(*acctest.Workspace, *sandbox.Sandbox) error {
			return func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
				got, state := active(sb, application(t, sb)), ws.State(address)
				if len(got) != want || want == 1 && got[0] != state["kid"] || want == 0 && state != nil {
					return fmt.Errorf("active are %v, state has %v", got, state["kid"])
				}
				return nil
			}
		}
		before := configured("ECDSA")
		count := acctest.FailEach(t, address+"/create", acctest.Operation{Act: before, Check: check(1)})
		count += acctest.FailEach(t, address+"/another", acctest.Operation{Before: before, Check: check(1), Act: func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
			ws.Set(address, map[string]any{"application_id": application(t, sb), "private_key": made("ECDSA"), "overlap": "0s", "revoke_reason": "unspecified"})
			if err := sb.Directory().Revoke(active(sb, application(t, sb))[0], ""); err != nil {
				t.Error(err)
			}
		}})
		count += acctest.FailEach(t, address+"/delete", acctest.Operation{Before: before, Check: check(0), Act: func(ws *acctest.Workspace, _ *sandbox.Sandbox) { ws.Remove(address) }})
		t.Logf("%s: %d combinations", address, count)
	}
}

// TestFlavours goes through the life of a signing certificate and a public key:
// made by the provider, followed by one of the user's, imported, and gone.
func TestFlavours(t *testing.T) {
	t.Parallel()
	for address, tc := range map[string]struct {
		kind  string
		given func(t *testing.T, sb *sandbox.Sandbox, id string) (string, string)
	}{
		"dcr_signing_certificate.this": {"rtssigning", func(t *testing.T, sb *sandbox.Sandbox, id string) (string, string) {
			t.Helper()
			return "csr_pem", request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)})
		}},
		"dcr_public_key.this": {"sigkey", func(t *testing.T, _ *sandbox.Sandbox, _ string) (string, string) {
			t.Helper()
			text, err := pki.PublicKeyPEM(key(t).Public())
			if err != nil {
				t.Fatal(err)
			}
			return "public_key_pem", text
		}},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			id := application(t, sb)
			ws := acctest.NewWorkspace(t, sb, nil)
			ws.Set(address, map[string]any{"application_id": id, "private_key": made("ECDSA")})
			clean(t, ws.Apply())
			first, state := active(sb, id), ws.State(address)
			if len(first) != 1 || state["kid"] != first[0] || state["type"] != tc.kind || !strings.Contains(fmt.Sprint(state["private_key_pem"]), "PRIVATE KEY") {
				t.Fatalf("active are %v, state has %v of type %v", first, state["kid"], state["type"])
			}
			empty(t, ws)
			input, text := tc.given(t, sb, id)
			ws.Set(address, map[string]any{"application_id": id, input: text})
			if r := ws.Apply(); r.Actions[address] != acctest.ActionUpdate || len(active(sb, id)) != 2 || ws.State(address)["private_key_pem"] != nil || ws.State(address)[input] != text {
				t.Errorf("the second is planned as %v with %q, active are %v", r.Actions, r.Errors, active(sb, id))
			}
			// The same key in another form is no change.
			ws.Set(address, map[string]any{"application_id": id, input: "\n" + text})
			empty(t, ws)
			other := acctest.NewWorkspace(t, sb, nil)
			if r := other.Import(address, fmt.Sprintf("%s/%s/%s", id, tc.kind, ws.State(address)["kid"])); len(r.Errors) > 0 {
				t.Errorf("the import fails: %q", r.Errors)
			}
			other.Set(address, map[string]any{"application_id": id, input: text})
			if r := other.Plan(); len(r.Errors) > 0 || len(slices.DeleteFunc(r.Changes[address], func(name string) bool { return name == "csr_pem" })) > 0 {
				t.Errorf("after the import the plan has %v with %q", r.Changes, r.Errors)
			}
			if clean(t, ws.Destroy()); len(active(sb, id)) != 0 {
				t.Errorf("left are %v", active(sb, id))
			}
		})
	}
}

func clean(t *testing.T, r *acctest.Result) {
	t.Helper()
	if len(r.Errors) > 0 {
		t.Fatalf("errors: %q", r.Errors)
	}
}

func empty(t *testing.T, ws *acctest.Workspace) {
	t.Helper()
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("the plan has %v %v with %q", r.Actions, r.Changes, r.Errors)
	}
}

// TestPublicKeysAreChecked refuses weak and unreadable keys at plan time.
func TestPublicKeysAreChecked(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	const address = "dcr_public_key.this"
	for text, words := range map[string]string{
		"key.pem": "read it with file",
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})): "The public key cannot be read",
		weakKey(t): "the RSA key has 1024 bits",
	} {
		ws.Set(address, map[string]any{"application_id": "a", "public_key_pem": text})
		if r := ws.Plan(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], words) || !strings.HasPrefix(r.Errors[0], address+".public_key_pem") {
			t.Errorf("the plan says %q, want %q", r.Errors, words)
		}
	}
	ws.Set(address, map[string]any{"application_id": "a", "private_key": made("RSA"), "type": "rtssigning"})
	if r := ws.Plan(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "sigkey") {
		t.Errorf("the plan says %q", r.Errors)
	}
	ws.Remove(address)
	ws.Set("dcr_signing_certificate.this", map[string]any{"application_id": "a", "private_key": made("RSA"), "type": "enckey"})
	if r := ws.Plan(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "use dcr_public_key") {
		t.Errorf("the plan says %q", r.Errors)
	}
	if got := len(sb.History()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// TestBrazilianProfile has the provider make the request of a brcac_2022.
func TestBrazilianProfile(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	for _, kind := range []string{"brcac", "brcac_2022"} {
		ws.Set(this, map[string]any{"application_id": id, "type": kind, "private_key": made("RSA")})
		want := acctest.Words(this+".subject", "The certificate's subject is incomplete", "common_name", "state_or_province")
		if r := ws.Plan(); len(r.Errors) != 1 || !want.MatchString(r.Errors[0]) {
			t.Errorf("%s: the plan says %q", kind, r.Errors)
		}
		parts := map[string]any{"common_name": "app.example.com", "state_or_province": "SP", "serial_number": "1"}
		ws.Set(this, map[string]any{"application_id": id, "type": kind, "private_key": made("RSA"), "subject": parts})
		if r := ws.Plan(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], `serialNumber is "1", it must be "43142666000197"`) {
			t.Errorf("%s: the plan says %q", kind, r.Errors)
		}
		delete(parts, "serial_number")
		clean(t, ws.Apply())
		empty(t, ws)
		dn := fmt.Sprint(ws.State(this)["subject_dn"])
		if !strings.HasPrefix(dn, "CN=app.example.com,UID="+id+",") || !strings.Contains(dn, ",L=São Paulo,ST=SP,O=Aurora Pagamentos S.A.,C=BR,2.5.4.5=#") {
			t.Errorf("%s: the subject is %s", kind, dn)
		}
		block, _ := pem.Decode([]byte(fmt.Sprint(ws.State(this)["certificate_pem"])))
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !slices.Equal(certificate.DNSNames, []string{"app.example.com"}) {
			t.Errorf("%s: the names are %v, %v", kind, certificate.DNSNames, err)
		}
	}
}

// TestReadyForRenewal is what a check block looks at when renewals are left to somebody.
func TestReadyForRenewal(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.read, CertificateLifetime: 30 * 24 * time.Hour})
	ws := acctest.NewWorkspace(t, sb, nil).At(clock.read)
	ws.Set(this, map[string]any{"application_id": application(t, sb), "private_key": made("ECDSA")})
	clean(t, ws.Apply())
	clock.pass(21)()
	if r := ws.Plan(); !slices.Contains(r.Drift[this], "ready_for_renewal") || r.Actions[this] != acctest.ActionUpdate {
		t.Errorf("after three weeks the refresh finds %v, planned is %v", r.Drift, r.Actions)
	}
}

// TestIssuedElsewhere uploads certificates of an accredited authority: another one
// follows in place, and none is renewed by the provider.
func TestIssuedElsewhere(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.read})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(clock.read)
	issue := func(user string) string {
		text, _, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "app.example.com", UserID: user, NotAfter: clock.read().AddDate(0, 0, 90), NotBefore: clock.read()})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	given := func(text string) {
		ws.Set(this, map[string]any{"application_id": id, "type": "brcac_ext", "certificate_pem": text})
	}
	given(issue("another"))
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words(this+".certificate_pem", "The directory refused to issue the certificate", "UID has to be").MatchString(r.Errors[0]) {
		t.Errorf("somebody else's certificate says %q", r.Errors)
	}
	first := issue(id)
	given(first)
	clean(t, ws.Apply())
	empty(t, ws)
	if state := ws.State(this); state["certificate_pem"] != first || len(active(sb, id)) != 1 || active(sb, id)[0] != state["kid"] {
		t.Errorf("state has %v, active are %v", state["kid"], active(sb, id))
	}
	clock.pass(80)()
	empty(t, ws)
	if r := ws.Plan(); !slices.Contains(r.Drift[this], "ready_for_renewal") {
		t.Errorf("that it should be renewed is not shown: %v", r.Drift)
	}
	given(issue(id))
	if r := ws.Apply(); r.Actions[this] != acctest.ActionUpdate || len(active(sb, id)) != 2 {
		t.Errorf("the second is planned as %v with %q", r.Actions, r.Errors)
	}
	clock.pass(11)()
	given(first)
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words(this+".certificate_pem", "The directory would refuse the certificate", "It expired at").MatchString(r.Errors[0]) {
		t.Errorf("an expired certificate says %q", r.Errors)
	}
	given("x")
	if r := ws.Plan(); len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], this+".certificate_pem") {
		t.Errorf("no certificate says %q", r.Errors)
	}
}

// TestSwitches has directories behave as their documents leave open, through
// creation, a successor, its predecessor's revocation, and deletion.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		temper sandbox.DirectoryTemper
		kind   string
	}{
		"answers in PEM":      {sandbox.DirectoryTemper{CertificatePEM: true}, "rtstransport"},
		"pages of one":        {sandbox.DirectoryTemper{CertificatePageSize: 1}, "rtstransport"},
		"a type of their own": {sandbox.DirectoryTemper{CertificateTypes: []string{"WRPAC"}}, "WRPAC"},
		"refuses with 422":    {sandbox.DirectoryTemper{CertificateRefusedStatus: 422, CertificateLimit: 2}, "rtstransport"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &calendar{now: time.Now()}
			sb := acctest.Sandbox(t, sandbox.Options{Directory: tc.temper, Now: clock.read})
			id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(clock.read)
			set := func(address, algorithm string) {
				ws.Set(address, map[string]any{"application_id": id, "type": tc.kind, "private_key": made(algorithm), "subject": map[string]any{"organization_identifier": "NTRBR-43142666000197"}})
			}
			set(this, "ECDSA")
			clean(t, ws.Apply())
			empty(t, ws)
			set(this, "RSA")
			clean(t, ws.Apply())
			empty(t, ws)
			if len(active(sb, id)) != 2 {
				t.Errorf("active are %v", active(sb, id))
			}
			if tc.temper.CertificateLimit > 0 {
				set("dcr_transport_certificate.third", "ECDSA")
				if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("The directory refused to issue the certificate", "answered 422", "limit of active certificates").MatchString(r.Errors[0]) {
					t.Errorf("one too many says %q", r.Errors)
				}
				ws.Remove("dcr_transport_certificate.third")
			}
			clock.pass(7)()
			clean(t, ws.Apply())
			empty(t, ws)
			if has := active(sb, id); len(has) != 1 || has[0] != ws.State(this)["kid"] {
				t.Errorf("active are %v", has)
			}
			if clean(t, ws.Destroy()); len(active(sb, id)) != 0 {
				t.Errorf("left are %v", active(sb, id))
			}
		})
	}
}

// TestEveryAttribute changes each attribute: what only says how it will behave
// makes no call, what is in the certificate gets another in place, and only
// another application or type replaces it.
func TestEveryAttribute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value  any
		action string
		issued int
	}{
		"renew_before":      {"20d", acctest.ActionUpdate, 1},
		"overlap":           {"1h", acctest.ActionUpdate, 1},
		"revoke_on_destroy": {false, acctest.ActionUpdate, 1},
		"revoke_reason":     {"superseded", acctest.ActionUpdate, 1},
		"private_key":       {made("RSA"), acctest.ActionUpdate, 2},
		"subject":           {map[string]any{"organization": "Other"}, acctest.ActionUpdate, 2},
		"dns_names":         {[]string{"app.example.com"}, acctest.ActionUpdate, 2},
		"type":              {"rtssigning", acctest.ActionReplace, 2},
		"application_id":    {nil, acctest.ActionReplace, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
			config := map[string]any{"application_id": id, "private_key": made("ECDSA")}
			ws.Set(this, config)
			clean(t, ws.Apply())
			config[name] = acctest.Unknown{}
			if r := ws.Plan(); len(r.Errors) > 0 || r.Actions[this] == acctest.ActionNone {
				t.Errorf("a value not known yet is planned as %v with %q", r.Actions, r.Errors)
			}
			if config[name] = tc.value; name == "application_id" {
				other, err := sb.Directory().Create(map[string]any{"ClientName": "Other", "Version": 1, "LogoUri": "https://app.example.com/l.png", "RedirectUri": []string{"https://app.example.com/callback"}})
				if err != nil {
					t.Fatal(err)
				}
				config[name] = other
			}
			r := ws.Apply()
			clean(t, r)
			if r.Actions[this] != tc.action || sb.Count(acctest.CreateCertificate) != tc.issued {
				t.Errorf("planned is %v, issued were %d", r.Actions[this], sb.Count(acctest.CreateCertificate))
			}
			empty(t, ws)
			if delete(config, name); name == "private_key" || name == "application_id" {
				return
			}
			clean(t, ws.Apply())
			empty(t, ws)
		})
	}
}

// TestUnknownTurnsOutTheSame plans with a request, and with a subject, that are
// not known yet and turn out to be what they were: no certificate is wasted on that.
func TestUnknownTurnsOutTheSame(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	const statement, other = "dcr_software_statement.source", "dcr_transport_certificate.other"
	// The digest of a statement is unknown in the plan of every new one, and the same for the same application.
	source := func(trigger string) {
		ws.Set(statement, map[string]any{"application_id": id, "triggers": map[string]any{"at": trigger}})
	}
	source("1")
	ws.Set(other, map[string]any{"application_id": id, "private_key": made("ECDSA"), "subject": acctest.Nested{"organization": acctest.Ref(statement, "digest")}})
	clean(t, ws.Apply())
	before := ws.State(other)
	source("2")
	if r := ws.Plan(); r.Actions[other] != acctest.ActionUpdate || !slices.Contains(r.Changes[other], "kid") {
		t.Errorf("planned is %v", r.Changes)
	}
	clean(t, ws.Apply())
	if now := ws.State(other); now["kid"] != before["kid"] || now["private_key_pem"] != before["private_key_pem"] || sb.Count(acctest.CreateCertificate) != 1 {
		t.Errorf("%d certificates were issued", sb.Count(acctest.CreateCertificate))
	}
	empty(t, ws)
}
