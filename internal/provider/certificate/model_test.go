package certificate

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// maker makes requests with one key.
func maker(t *testing.T) func(organisation string) string {
	t.Helper()
	key, err := pki.GenerateKey("ECDSA", 0)
	if err != nil {
		t.Fatal(err)
	}
	return func(organisation string) string {
		request, err := pki.NewRequest(key, pki.Subject{Country: "BR", Organisation: organisation, OrganisationalUnit: "OU", CommonName: "CN"})
		if err != nil {
			t.Fatal(err)
		}
		return request
	}
}

// valued builds a model of a flavour with the given values and null for the others.
func valued(t *testing.T, f flavour, given map[string]attr.Value) Model {
	t.Helper()
	var resp resource.SchemaResponse
	(&Resource{flavour: f}).Schema(t.Context(), resource.SchemaRequest{}, &resp)
	object, ok := resp.Schema.Type().(attr.TypeWithAttributeTypes)
	if !ok {
		t.Fatal("the schema is no object")
	}
	m := Model{Object: fw.Object{Types: object.AttributeTypes(), Values: map[string]attr.Value{}}, flavour: f}
	for name, kind := range m.Types {
		m.Values[name] = fw.NullOf(kind)
	}
	maps.Copy(m.Values, given)
	return m
}

func text(s string) attr.Value { return types.StringValue(s) }

func spec(algorithm string, bits types.Int64) attr.Value {
	return types.ObjectValueMust(map[string]attr.Type{"algorithm": types.StringType, "rsa_bits": types.Int64Type},
		map[string]attr.Value{"algorithm": types.StringValue(algorithm), "rsa_bits": bits})
}

// parts is a subject of which only some parts are set.
func parts(t *testing.T, given map[string]attr.Value) attr.Value {
	t.Helper()
	object, ok := valued(t, transport(), nil).Types["subject"].(types.ObjectType)
	if !ok {
		t.Fatal("subject is no object")
	}
	values := map[string]attr.Value{}
	for name := range object.AttrTypes {
		values[name] = types.StringNull()
	}
	maps.Copy(values, given)
	return types.ObjectValueMust(object.AttrTypes, values)
}

func TestRekeyed(t *testing.T) {
	t.Parallel()
	mine, other := maker(t), maker(t)
	type values = map[string]attr.Value
	csr := func(s string) values { return values{"csr_pem": text(s)} }
	key := func(v attr.Value) values { return values{"private_key": v} }
	null := types.Int64Null()
	ecdsa, rsa := key(spec("ECDSA", null)), key(spec("RSA", null))
	unknown := key(types.ObjectUnknown(map[string]attr.Type{"algorithm": types.StringType, "rsa_bits": types.Int64Type}))
	with := func(subject values, names attr.Value) values {
		return values{"private_key": spec("ECDSA", null), "subject": parts(t, subject), "dns_names": names}
	}
	none := types.SetNull(types.StringType)
	for name, tc := range map[string]struct {
		config, state values
		had           string
		want          string
	}{
		"same request":             {csr(mine("O")), csr(mine("O")), "", ""},
		"signed anew":              {csr(mine("O") + "\n"), csr(mine("O")), "", ""},
		"other key":                {csr(other("O")), csr(mine("O")), "", "csr_pem"},
		"other subject":            {csr(mine("P")), csr(mine("O")), "", "csr_pem"},
		"unknown request":          {values{"csr_pem": types.StringUnknown()}, csr(mine("O")), "", "csr_pem"},
		"unreadable request":       {csr("x"), csr(mine("O")), "", "csr_pem"},
		"unreadable as before":     {csr("x"), csr("x"), "", ""},
		"request for key":          {csr(mine("O")), ecdsa, "", "csr_pem"},
		"key for request":          {ecdsa, csr(mine("O")), "csr_pem", "private_key"},
		"key for upload":           {ecdsa, values{}, "certificate_pem", "private_key"},
		"same key":                 {ecdsa, ecdsa, "", ""},
		"other algorithm":          {rsa, ecdsa, "", "private_key"},
		"default written out":      {key(spec("RSA", types.Int64Value(2048))), rsa, "", ""},
		"more bits":                {key(spec("RSA", types.Int64Value(4096))), rsa, "", "private_key"},
		"imported":                 {ecdsa, values{}, "", ""},
		"key not known":            {unknown, ecdsa, "", "private_key"},
		"key not known, imported":  {unknown, values{}, "", ""},
		"bits not known":           {key(spec("RSA", types.Int64Unknown())), rsa, "", "private_key"},
		"bits of no matter":        {key(spec("ECDSA", types.Int64Value(4096))), ecdsa, "", ""},
		"subject":                  {with(values{"country": text("AE")}, none), ecdsa, "", "subject"},
		"subject not known":        {with(values{"country": types.StringUnknown()}, none), with(values{"country": text("AE")}, none), "", "subject"},
		"subject without override": {with(nil, none), ecdsa, "", ""},
		"names":                    {with(nil, fw.StringSet([]string{"a.example"})), ecdsa, "", "dns_names"},
		"names not known":          {with(nil, types.SetUnknown(types.StringType)), ecdsa, "", "dns_names"},
		"upload not known":         {values{"certificate_pem": types.StringUnknown()}, ecdsa, "", "certificate_pem"},
		"upload unreadable":        {values{"certificate_pem": text("x")}, values{"kid": text("k")}, "", "certificate_pem"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, state := valued(t, transport(), tc.config), valued(t, transport(), tc.state)
			if got := config.rekeyed(state, func(name string) bool { return name == tc.had }); got != tc.want {
				t.Errorf("a successor is asked for by %q, want %q", got, tc.want)
			}
		})
	}
}

func TestWish(t *testing.T) {
	t.Parallel()
	organisation := &directory.Organisation{Name: "Name", LegalEntityName: "Legal", CountryOfRegistration: "BR", Country: "PT", RegistrationNumber: "43", City: "Recife"}
	type values = map[string]attr.Value
	for name, tc := range map[string]struct {
		kind         string
		subject      values
		organisation *directory.Organisation
		want         string
		names        string
		missing      string
	}{
		"from the directory":   {"rtstransport", nil, organisation, "CN=app,OU=org,O=Name,C=BR", "[]", "[]"},
		"only the legal name":  {"rtstransport", nil, &directory.Organisation{LegalEntityName: "Legal", Country: "PT"}, "CN=app,OU=org,O=Legal,C=PT", "[]", "[]"},
		"overrides win":        {"rtssigning", values{"country": text("AE"), "common_name": text("cn"), "locality": text("L")}, organisation, "CN=cn,L=L,OU=org,O=Name,C=AE", "[]", "[]"},
		"without organisation": {"rtstransport", values{"country": text("AE"), "organization": text("O"), "organizational_unit": text("OU")}, nil, "CN=app,OU=OU,O=O,C=AE", "[]", "[]"},
		"nothing known":        {"rtstransport", nil, nil, "CN=app,OU=org", "[]", "[country organization]"},
		"Brazilian": {typeBrazil2022, values{"common_name": text("a.example"), "state_or_province": text("PE")}, organisation,
			"CN=a.example,UID=app,2.5.4.97=#13094f464242522d6f7267,L=Recife,ST=PE,O=Name,C=BR,2.5.4.5=#13023433,1.3.6.1.4.1.311.60.2.1.3=#13024252,2.5.4.15=#131450726976617465204f7267616e697a6174696f6e", "[a.example]", "[]"},
		"Brazilian of old": {typeBrazil, values{"common_name": text("a.example"), "state_or_province": text("PE"), "business_category": text("B")}, organisation,
			"CN=a.example,UID=app,OU=org,L=Recife,ST=PE,O=Name,C=BR,2.5.4.5=#13023433,1.3.6.1.4.1.311.60.2.1.3=#13024252,2.5.4.15=#130142", "[a.example]", "[]"},
		"Brazilian, incomplete": {typeBrazil2022, nil, organisation, "", "[]", "[common_name state_or_province]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := valued(t, transport(), values{"application_id": text("app"), "type": text(tc.kind), "subject": parts(t, tc.subject)})
			w := m.wish("org", tc.organisation)
			slices.Sort(w.missing)
			if got := fmt.Sprint(w.missing); got != tc.missing {
				t.Errorf("missing are %s, want %s", got, tc.missing)
			}
			if got := fmt.Sprint(w.extensions.DNSNames); got != tc.names || w.extensions.ClientAuthentication != m.brazilian() {
				t.Errorf("the extensions are %+v", w.extensions)
			}
			if got := named(t, w.subject); tc.want != "" && got != tc.want {
				t.Errorf("the subject is %s, want %s", got, tc.want)
			}
		})
	}
}

// named writes a subject as a certificate request has it.
func named(t *testing.T, subject pki.Subject) string {
	t.Helper()
	key, err := pki.GenerateKey("ECDSA", 0)
	if err != nil {
		t.Fatal(err)
	}
	made, err := pki.NewRequest(key, subject)
	if err != nil {
		t.Fatal(err)
	}
	request, err := pki.ParseRequest(made)
	if err != nil {
		t.Fatal(err)
	}
	name, err := pki.DistinguishedName(request.RawSubject)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestUnreadableCertificate keeps at least the identity: the certificate exists.
func TestUnreadableCertificate(t *testing.T) {
	t.Parallel()
	m := valued(t, transport(), map[string]attr.Value{"certificate_pem": types.StringUnknown(), "not_after": types.StringUnknown()})
	if err := m.apply(&directory.Certificate{KeyID: "kid", Status: "Active"}); err == nil {
		t.Error("an answer without a certificate was not reported")
	}
	if m.Text("id") != "kid" || m.Text("kid") != "kid" || m.Text("status") != "Active" {
		t.Errorf("the identity is %v", m.Values)
	}
	for _, name := range parsed() {
		if !m.Values[name].IsNull() {
			t.Errorf("%s is not null", name)
		}
	}
}

// TestAnswerWithoutCertificate keeps what is known of the same certificate: an
// answer that leaves it out says nothing against it.
func TestAnswerWithoutCertificate(t *testing.T) {
	t.Parallel()
	for kid, kept := range map[string]bool{"kid": true, "other": false} {
		m := valued(t, transport(), map[string]attr.Value{"kid": text("kid")})
		for _, name := range parsed() {
			m.set(name, "known")
		}
		if err := m.apply(&directory.Certificate{KeyID: kid, Status: "Revoked"}); (err == nil) != kept {
			t.Errorf("%s: error %v", kid, err)
		}
		if m.Text("kid") != kid || m.Text("status") != "Inactive" {
			t.Errorf("%s: the identity is %v", kid, m.Values)
		}
		for _, name := range parsed() {
			// What the user gave stays in any case.
			if want := kept || name == "certificate_pem"; m.Values[name].IsNull() == want {
				t.Errorf("%s: %s is %s, want kept: %t", kid, name, m.Values[name], want)
			}
		}
	}
}

// TestRenewalTimes says when a certificate is due, good, and when its predecessors go.
func TestRenewalTimes(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, day) }
	when := func(day int) attr.Value { return text(at(day).Format(time.RFC3339)) }
	for name, tc := range map[string]struct {
		before attr.Value
		day    int
		due    bool
		usable bool
	}{
		"a third, before":            {types.StringNull(), 59, false, true},
		"a third":                    {types.StringNull(), 60, true, true},
		"own span, before":           {text("10d"), 79, false, true},
		"own span":                   {text("240h"), 80, true, true},
		"at the end only":            {text("0s"), 89, false, true},
		"at the very end":            {text("0s"), 90, true, true},
		"past the end":               {text("0s"), 91, true, false},
		"of no known span":           {text("x"), 60, true, true},
		"longer than alive, before":  {text("91d"), 59, false, true},
		"longer than alive, a third": {text("91d"), 60, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := valued(t, transport(), map[string]attr.Value{"renew_before": tc.before, "not_before": when(0), "not_after": when(90), "kid": text("k"), "status": text("Active")})
			if m.due(at(tc.day), time.Time{}) != tc.due || m.usable(at(tc.day)) != tc.usable {
				t.Errorf("due %t, usable %t", m.due(at(tc.day), time.Time{}), m.usable(at(tc.day)))
			}
		})
	}
	m := valued(t, transport(), map[string]attr.Value{"overlap": text("7d"), "kid": text("new")})
	old := valued(t, transport(), map[string]attr.Value{"kid": text("old"), "status": text("Active"), "not_after": when(90)})
	old.setPrevious([]predecessor{{KeyID: "older", NotAfter: at(20).Format(time.RFC3339), SupersededAt: at(1).Format(time.RFC3339)}})
	m.succeed(old, at(10))
	if got := m.previous(); len(got) != 2 || got[0].KeyID != "older" || got[1].KeyID != "old" || got[1].SupersededAt != at(10).Format(time.RFC3339) {
		t.Errorf("the predecessors are %v", got)
	}
	if m.over(m.previous()[1], at(16)) || !m.over(m.previous()[1], at(17)) || !m.overdue(m, at(10)) {
		t.Error("the overlap is not a week")
	}
	m.prune([]directory.Certificate{{KeyID: "old", Status: "Active"}}, at(21))
	if got := m.previous(); len(got) != 1 || got[0].KeyID != "old" {
		t.Errorf("an expired predecessor stays: %v", got)
	}
	m.prune([]directory.Certificate{{KeyID: "old", Status: "Inactive"}}, at(21))
	if got := m.previous(); len(got) != 0 || m.Values["previous"].IsNull() {
		t.Errorf("a revoked predecessor stays: %v", got)
	}
	fresh := valued(t, transport(), map[string]attr.Value{"kid": text("new")})
	revoked := valued(t, transport(), map[string]attr.Value{"kid": text("old"), "status": text("Inactive"), "not_after": when(90)})
	if fresh.succeed(revoked, at(10)); len(fresh.previous()) != 0 {
		t.Error("what is not valid any more became a predecessor")
	}
}

func TestParseImportID(t *testing.T) {
	t.Parallel()
	for id, valid := range map[string]bool{
		"app/rtstransport/kid": true, "app/brcac_2022/k-_d": true, "app/WRPAC/kid": true,
		"": false, "app": false, "app/rtstransport": false, "/rtstransport/kid": false, "app//kid": false, "app/rtstransport/": false, "app/a b/kid": false, "app/a/kid/more": false,
	} {
		application, kind, kid, ok := parseImportID(id)
		if ok != valid {
			t.Errorf("%q: valid is %t, want %t", id, ok, valid)
		}
		if ok && application+"/"+kind+"/"+kid != id {
			t.Errorf("%q was read as %q, %q, %q", id, application, kind, kid)
		}
	}
}
