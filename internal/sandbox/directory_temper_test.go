package sandbox_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func directory(temper sandbox.DirectoryTemper) sandbox.Options {
	return sandbox.Options{Servers: []sandbox.Temper{}, Directory: temper}
}

func TestDirectoryTemperOfLocks(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{LockedStatus: 403, LockAllowsRoles: true, UnlockRefusedStatus: 404, TakeClientID: true}))
	id := w.application()
	w.statement(id)
	own := w.api("softwarestatements", id)
	body := applicationBody()
	body["ClientName"] = "Other"
	if got := w.on(403, "PUT", own, body); !strings.Contains(got.text, "ClientName") {
		t.Errorf("the refusal does not name the field: %s", got.text)
	}
	body = applicationBody()
	body["ClientId"] = "another"
	if got := w.on(403, "PUT", own, body); !strings.Contains(got.text, "ClientId") {
		t.Errorf("a locked client ID: %s", got.text)
	}
	role := map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "PAGTO", "Status": "Active"}
	claim := w.on(201, "POST", own+"/authorityclaims", role).object(t)
	w.on(204, "PUT", own+"/authorityclaims/"+str(t, claim, "SoftwareAuthorityClaimId"), map[string]any{"Status": "Inactive"})
	w.on(404, "PUT", own+"/unlock", map[string]any{"Unlock": true})
	w.certificate(id)
	if err := w.Directory().SetTemper(func(temper *sandbox.DirectoryTemper) { temper.LockRefusesCertificates = true }); err != nil {
		t.Fatal(err)
	}
	w.want(403, ask{
		method: "POST", url: own + "/certificates/rtstransport", token: w.info.AccessToken, body: w.signingRequest(id, newKey(t), nil), header: pemHeader(),
	})
}

func TestDirectoryTemperOfRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{BareRefusals: true, UnlockRefusedStatus: 401}))
	own := w.api("softwarestatements", w.application())
	for _, got := range []reply{
		w.want(401, ask{method: "GET", url: own}),
		w.want(403, ask{method: "GET", url: own, token: w.MintToken("openid")}),
		w.on(401, "PUT", own+"/unlock", map[string]any{"Unlock": true}),
	} {
		if got.text != "" {
			t.Errorf("%d with a body: %s", got.status, got.text)
		}
	}
	for _, status := range []int{204, 400, 404} {
		w := start(t, directory(sandbox.DirectoryTemper{SecondDeleteStatus: status}))
		own := w.api("softwarestatements", w.application())
		w.on(204, "DELETE", own, nil)
		w.on(status, "DELETE", own, nil)
	}
}

func TestDirectoryTemperOfUpdates(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{KeepOmitted: true, RefuseRolesOnUpdate: true}))
	body := w.wholeApplication()
	id := w.create(body)
	own := w.api("softwarestatements", id)
	if got := w.on(400, "PUT", own, body); !strings.Contains(got.text, "Roles") {
		t.Errorf("the refusal does not name Roles: %s", got.text)
	}
	bare := applicationBody()
	delete(bare, "Roles")
	bare["PolicyUri"] = nil
	after := w.on(200, "PUT", own, bare).object(t)
	if after["Description"] != "Pays" || after["Mode"] != "Test" || after["RequireSignedRequestObject"] != false || after["PolicyUri"] != nil {
		t.Errorf("kept %v %v %v, cleared %v", after["Description"], after["Mode"], after["RequireSignedRequestObject"], after["PolicyUri"])
	}
	ordinary := start(t, directory(sandbox.DirectoryTemper{}))
	body = ordinary.wholeApplication()
	own = ordinary.api("softwarestatements", ordinary.create(body))
	if after := ordinary.on(200, "PUT", own, applicationBody()).object(t); after["Description"] != nil || after["Mode"] != "Live" {
		t.Errorf("the ordinary directory keeps %v %v", after["Description"], after["Mode"])
	}
}

func TestDirectoryTemperOfClientIDs(t *testing.T) {
	t.Parallel()
	for form, matches := range map[sandbox.ClientIDForm]func(clientID, id string) bool{
		"":                     func(clientID, id string) bool { return clientID == id },
		sandbox.ClientIDSame:   func(clientID, id string) bool { return clientID == id },
		sandbox.ClientIDNano:   func(clientID, _ string) bool { return len(clientID) == 21 },
		sandbox.ClientIDEntity: func(clientID, id string) bool { return strings.HasSuffix(clientID, "/openid_relying_party/"+id) },
	} {
		w := start(t, directory(sandbox.DirectoryTemper{ClientIDs: form, TakeClientID: form == sandbox.ClientIDEntity, WithoutNewerMembers: true}))
		body := applicationBody()
		body["HomepageUri"] = "https://example.com"
		id := w.create(body)
		own := w.api("softwarestatements", id)
		shown := w.on(200, "GET", own, nil).object(t)
		clientID := str(t, shown, "ClientId")
		if !matches(clientID, id) || shown["HomepageUri"] != nil {
			t.Errorf("%q: ClientId %s, HomepageUri %v", form, clientID, shown["HomepageUri"])
		}
		body["ClientId"] = "https://rp.example.com"
		if after := w.on(200, "PUT", own, body).object(t)["ClientId"]; (after == "https://rp.example.com") != (form == sandbox.ClientIDEntity) {
			t.Errorf("%q: a ClientId of a request became %v", form, after)
		} else if clientID, _ = after.(string); clientID == "" {
			t.Errorf("%q: no ClientId", form)
		}
		_, client := w.certificate(id)
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "scope": {"directory:software"}}
		token := str(t, w.want(200, ask{method: "POST", url: w.tokenEndpoint(), body: form, client: client}).object(t), "access_token")
		w.want(200, ask{method: "GET", url: own, token: token, client: client})
		if claims := verifyStatement(t, w, w.statement(id)); claims["software_client_id"] != clientID || claims["software_id"] != id {
			t.Errorf("%q: the statement says %v", form, claims["software_client_id"])
		}
		w.on(204, "DELETE", own, nil)
		w.want(401, ask{method: "GET", url: own, token: token, client: client})
	}
}

// tokenEndpoint is the directory's token endpoint for mutual TLS.
func (w *world) tokenEndpoint() string {
	w.t.Helper()
	aliases, _ := w.want(200, ask{method: "GET", url: w.info.Issuer + "/.well-known/openid-configuration"}).object(w.t)["mtls_endpoint_aliases"].(map[string]any)
	return str(w.t, aliases, "token_endpoint")
}

func TestDirectoryTemperOfRoles(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{ReactivateRoles: true, NewerRoles: true}))
	claims := w.api("softwarestatements", w.application(), "authorityclaims")
	role := map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "PAGTO"}
	made := w.on(201, "POST", claims, role).object(t)
	for member, wanted := range map[string]any{
		"AuthorisationDomain": "Open Banking Brasil ", "AuthorisationDomainName": "Open Banking Brasil ", "Role": "PAGTO",
		"AuthorisationDomainRoleName": "PAGTO", "AuthorityName": "Sandbox Authority", "Status": "Active",
	} {
		if made[member] != wanted {
			t.Errorf("%s is %v", member, made[member])
		}
	}
	held, _ := w.on(200, "GET", w.api("authorityclaims"), nil).list(t)[1].(map[string]any)
	if made["OrganisationAuthorisationDomainRoleClaimID"] != held["OrganisationAuthorityClaimId"] {
		t.Error("the claim does not name the organisation's role")
	}
	w.on(409, "POST", claims, role)
	one := claims + "/" + str(t, made, "SoftwareAuthorityClaimId")
	w.on(204, "PUT", one, map[string]any{"Status": "Inactive"})
	if again := w.on(201, "POST", claims, role).object(t); again["SoftwareAuthorityClaimId"] != made["SoftwareAuthorityClaimId"] || again["Status"] != "Active" {
		t.Errorf("not reactivated: %v", again)
	}
}

func TestDirectoryTemperOfStatements(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{
		StatementAsJSON: true, EndpointClaims: true, NumericVersion: true, StatementIDs: true, StatementLifetime: time.Hour,
		StatementIssuer: "Open Banking Open Banking Brasil prod SSA issuer",
	}))
	got := w.want(200, ask{
		method: "GET", url: w.api("softwarestatements", w.application(), "assertion"), token: w.info.AccessToken,
		header: map[string]string{"Accept": "application/jwt"},
	})
	var raw string
	if err := json.Unmarshal([]byte(got.text), &raw); err != nil || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("no JSON string: %v %s", err, got.header.Get("Content-Type"))
	}
	claims := verifyStatement(t, w, raw)
	if claims["iss"] != "Open Banking Open Banking Brasil prod SSA issuer" || claims["software_version"] != 1.5 {
		t.Errorf("iss %v, software_version %v", claims["iss"], claims["software_version"])
	}
	issued, _ := claims["iat"].(float64)
	if expires, _ := claims["exp"].(float64); expires-issued != 3600 || str(t, claims, "jti") == "" {
		t.Errorf("exp is %v after iat", expires-issued)
	}
	for _, owner := range []string{"software_jwks", "software_jwks_inactive", "software_jwks_transport", "software_jwks_transport_inactive", "org_jwks"} {
		if claims[owner+"_uri"] != nil || !strings.HasPrefix(str(t, claims, owner+"_endpoint"), w.info.KeystoreURL) {
			t.Errorf("%s: %v", owner, claims[owner+"_uri"])
		}
	}
}

func TestDirectoryTemperOfCertificates(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{
		CertificatePEM: true, CertificatePageSize: 2, CertificateTypes: []string{"WRPAC"}, CertificateLimit: 3, CertificateRefusedStatus: 422,
	}))
	id := w.application()
	all := w.api("softwarestatements", id, "certificates")
	wallet := func(status int, identifier string) reply {
		t.Helper()
		request := w.signingRequest(id, newKey(t), func(request *x509.CertificateRequest) {
			request.Subject = pkix.Name{CommonName: "Aurora", Organization: []string{"Aurora"}, Country: []string{"BR"}, ExtraNames: []pkix.AttributeTypeAndValue{
				{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: identifier},
			}}
		})
		return w.want(status, ask{method: "POST", url: all + "/WRPAC", token: w.info.AccessToken, body: request, header: pemHeader()})
	}
	if got := wallet(422, "BR-1"); !strings.Contains(got.text, "organizationIdentifier") {
		t.Errorf("refused with %s", got.text)
	}
	for range 3 {
		made := wallet(201, "VATBR-43142666000197")
		if made.header.Get("Content-Type") != "application/x-pem-file" || !strings.HasPrefix(made.text, "-----BEGIN CERTIFICATE-----") {
			t.Errorf("%s: %.60s", made.header.Get("Content-Type"), made.text)
		}
	}
	if got := wallet(422, "VATBR-43142666000197"); !strings.Contains(got.text, "limit") {
		t.Errorf("refused with %s", got.text)
	}
	for query, wanted := range map[string]int{"": 2, "?page=1": 1, "?page=0&size=3": 3, "?page=7": 0} {
		if list := w.on(200, "GET", all+query, nil).list(t); len(list) != wanted {
			t.Errorf("%q lists %d", query, len(list))
		}
	}
	w.on(400, "GET", all+"?size=0", nil)
	kid := w.Directory().Certificates(id)[0].Kid
	w.on(204, "PUT", all+"/WRPAC/"+kid, map[string]any{"RevokeReason": "superseded"})
	wallet(201, "VATBR-43142666000197")
	if got := w.on(200, "GET", w.api("certificates", "kid", kid), nil).object(t); got["Status"] != "Inactive" || got["kid"] != kid {
		t.Errorf("by kid: %v", got["Status"])
	}
}

func TestCrowd(t *testing.T) {
	t.Parallel()
	w := start(t, directory(sandbox.DirectoryTemper{Crowd: 1000}))
	list := w.on(200, "GET", w.api("softwarestatements"), nil).list(t)
	if len(list) != 1000 {
		t.Fatalf("%d applications", len(list))
	}
	last, _ := list[999].(map[string]any)
	if last["ClientName"] != "Application 1000" {
		t.Errorf("the last is %v", last["ClientName"])
	}
}

func TestDirectoryTemperThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, temper := range map[string]sandbox.DirectoryTemper{
		"LockedStatus": {LockedStatus: 200}, "SecondDeleteStatus": {SecondDeleteStatus: 500}, "UnlockRefusedStatus": {UnlockRefusedStatus: 200},
		"CertificateRefusedStatus": {CertificateRefusedStatus: 404}, "client IDs": {ClientIDs: "odd"}, "negative": {Crowd: -1},
	} {
		if _, err := sandbox.Start(directory(temper)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var temper sandbox.DirectoryTemper
	for text, good := range map[string]bool{
		`{"locked_status":403,"statement_lifetime":"5m"}`: true, `{"locked":403}`: false, `{"statement_lifetime":"soon"}`: false,
	} {
		if err := json.Unmarshal([]byte(text), &temper); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
	if temper.LockedStatus != 403 || temper.StatementLifetime != 5*time.Minute {
		t.Errorf("read %+v", temper)
	}
}

func TestActorsOfTheOrganisation(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	at := func(path string) string { return w.info.ControlURL + path }
	act := func(status int, method, path string, body any) reply {
		t.Helper()
		return w.want(status, ask{method: method, url: at(path), body: body})
	}
	id := w.create(w.wholeApplication())
	own := w.api("softwarestatements", id)
	show := func(member string) any {
		t.Helper()
		return w.on(200, "GET", own, nil).object(t)[member]
	}
	act(204, "POST", "/applications/"+id+"/suspend", nil)
	if got := show("Status"); got != "Suspended" {
		t.Errorf("suspended: %v", got)
	}
	act(204, "POST", "/applications/"+id+"/resume", nil)
	act(204, "POST", "/applications/"+id+"/webhook", nil)
	if status, webhook := show("Status"), show("NotificationWebhookStatus"); status != "Active" || webhook != "Confirmed" {
		t.Errorf("resumed: %v, webhook %v", status, webhook)
	}
	flag := str(t, act(200, "POST", "/flags", map[string]any{"name": "tier", "value": "gold"}).object(t), "id")
	act(204, "POST", "/applications/"+id+"/flags", map[string]any{"flag": flag})
	if list, _ := show("Flags").([]any); len(list) != 2 {
		t.Errorf("Flags %v", list)
	}
	act(204, "POST", "/flags/"+flag+"/retire", nil)
	body := applicationBody()
	body["Flags"] = []string{flag}
	w.on(400, "PUT", own, body)
	role := map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "CCORR", "Status": "Active"}
	w.on(400, "POST", own+"/authorityclaims", role)
	act(204, "PUT", "/organisation/roles", map[string]any{"domain": "Open Banking Brasil ", "role": "CCORR", "status": "Active"})
	w.on(201, "POST", own+"/authorityclaims", role)
	act(204, "PUT", "/organisation/roles", map[string]any{"domain": "Open Banking Brasil ", "role": "CCORR", "status": "Inactive"})
	if err := w.Directory().RestoreOrganisationRole("Open Banking Brasil ", "CCORR"); err != nil {
		t.Error(err)
	}
	if roles := w.Directory().Roles(id); roles[1].Status != "Inactive" {
		t.Errorf("the restored role came back to the software: %v", roles[1])
	}
	made, _ := w.certificate(id)
	kid := str(t, made, "kid")
	act(204, "POST", "/certificates/"+kid+"/expire", nil)
	expired := w.on(200, "GET", own+"/certificates/rtstransport/"+kid, nil).object(t)
	if expired["Status"] != "Inactive" || expired["RevokedDateTime"] != nil {
		t.Errorf("expired: %v %v", expired["Status"], expired["RevokedDateTime"])
	}
	act(204, "PATCH", "/directory", map[string]any{"second_delete_status": 400})
	act(204, "DELETE", "/applications/"+id, nil)
	w.on(400, "DELETE", own, nil)
	act(400, "PATCH", "/directory", map[string]any{"second_delete_status": 500})
	act(400, "PATCH", "/directory", map[string]any{"nonsense": 1})
	w.on(400, "DELETE", own, nil)
	for _, path := range []string{
		"/applications/" + id + "/suspend", "/applications/none/webhook", "/certificates/none/expire", "/flags/none/retire",
	} {
		act(404, "POST", path, nil)
	}
	act(404, "POST", "/applications/"+id+"/flags", map[string]any{"flag": "none"})
	if err := w.Directory().RestoreOrganisationRole("Open Banking Brasil ", "NONE"); err == nil {
		t.Error("a role nobody knows was restored")
	}
}
