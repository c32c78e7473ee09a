package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	software, website := w.MintToken("directory:software"), w.MintToken("directory:website")
	own := w.api("softwarestatements", id)
	for _, test := range []struct {
		method, url, token string
		body               any
		status             int
	}{
		{"GET", own, software, nil, 200},
		{"GET", own, website, nil, 200},
		{"GET", own, "", nil, 401},
		{"GET", own, "unknown", nil, 401},
		{"GET", own, w.MintToken("openid"), nil, 403},
		{"POST", w.api("softwarestatements"), software, applicationBody(), 403},
		{"POST", w.api("softwarestatements", id, "authorityclaims"), software, map[string]any{}, 403},
		{"GET", w.info.APIURL + "/references/flags", software, nil, 403},
		{"GET", w.info.APIURL + "/references/flags", website, nil, 200},
		{"GET", w.info.APIURL + "/references/authorisationdomainroles", software, nil, 200},
		{"GET", w.api("softwarestatements", id, "assertion"), software, nil, 200},
		{"PUT", w.api("softwarestatements", id, "unlock"), website, map[string]any{"Unlock": true}, 403},
		{"PUT", w.api("softwarestatements", id, "unlock"), w.info.AdministratorAccessToken, map[string]any{"Unlock": false}, 400},
		{"PUT", w.api("softwarestatements", id, "unlock"), w.info.AdministratorAccessToken, map[string]any{"Unlock": true}, 200},
		{"GET", w.info.APIURL + "/organisations/00000000-0000-4000-8000-000000000000", website, nil, 403},
		{"GET", w.info.APIURL + "/organisations/" + strings.Repeat("x", 41), website, nil, 400},
		{"GET", w.api("softwarestatements", "00000000-0000-4000-8000-000000000000"), website, nil, 404},
	} {
		got := w.want(test.status, ask{method: test.method, url: test.url, token: test.token, body: test.body})
		member := map[int]string{400: "errors", 401: "message", 403: "message", 404: "errors"}[test.status]
		if member != "" && got.object(t)[member] == nil {
			t.Errorf("%s %s: %d without %s", test.method, test.url, test.status, member)
		}
		if got.header.Get("x-fapi-interaction-id") == "" {
			t.Errorf("%s %s: no interaction id", test.method, test.url)
		}
	}
}

func TestApplicationValidation(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	for name, edit := range map[string]func(map[string]any){
		"ClientName":    func(b map[string]any) { delete(b, "ClientName") },
		"Version":       func(b map[string]any) { b["Version"] = "1" },
		"LogoUri":       func(b map[string]any) { b["LogoUri"] = "data:image/svg+xml;base64,AAAA" },
		"RedirectUri":   func(b map[string]any) { b["RedirectUri"] = []string{"app:/x"} },
		"Mode":          func(b map[string]any) { b["Mode"] = "Production" },
		"ApiWebhookUri": func(b map[string]any) { b["ApiWebhookUri"] = []string{"https://x.example/"} },
		"OriginUri":     func(b map[string]any) { b["OriginUri"] = []string{"ftp://x"} },
		"Description":   func(b map[string]any) { b["Description"] = strings.Repeat("x", 256) },
		"OnBehalfOf":    func(b map[string]any) { b["OnBehalfOf"] = "<b>" },
		"Flags":         func(b map[string]any) { b["Flags"] = []string{"nope"} },
		"Related":       func(b map[string]any) { b["RelatedAuthorisationServer"] = "x" },
		"TokenEndpoint": func(b map[string]any) { b["TokenEndpointAuthMethod"] = "none" },
		"RequireSigned": func(b map[string]any) { b["RequireSignedRequestObject"] = "yes" },
		"Additional":    func(b map[string]any) { b["AdditionalSoftwareMetadata"] = "{" },
		"does not hold": func(b map[string]any) {
			b["Roles"] = []any{map[string]any{"AuthorisationDomain": "Open Banking Brasil", "Role": "DADOS", "Status": "Active"}}
		},
		"Roles: must be":  func(b map[string]any) { b["Roles"] = "DADOS" },
		"OpenidFederatio": func(b map[string]any) { b["OpenidFederationEntityManagementType"] = "x" },
	} {
		body := applicationBody()
		edit(body)
		got := w.want(400, ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: body})
		if !strings.Contains(got.text, name) {
			t.Errorf("%s: %s", name, got.text)
		}
	}
	if got := w.Directory().Applications(); len(got) != 0 {
		t.Errorf("%d applications came of refused requests", len(got))
	}
}

func TestApplicationDefaultsAndReplace(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	body := applicationBody()
	body["Description"], body["FutureField"], body["TokenEndpointAuthMethod"] = "first", "from the client", "client_secret_basic"
	created := w.want(201, ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: body}).object(t)
	id := str(t, created, "SoftwareStatementId")
	for name, value := range map[string]any{
		"Mode": "Live", "IdTokenSignedResponseAlgorithm": "PS256", "AdditionalSoftwareMetadata": "{}", "RequireSignedRequestObject": true,
		"TlsClientCertificateBoundAccessTokens": true, "OpenidFederationEnabled": false, "Status": "Active", "Locked": false,
		"RtsClientCreated": true, "ClientId": id, "Version": 1.5, "FutureField": nil, "Roles": nil,
	} {
		if created[name] != value {
			t.Errorf("%s is %v", name, created[name])
		}
	}
	if str(t, created, "ClientSecret") == "" {
		t.Error("no ClientSecret for client_secret_basic")
	}
	own := ask{method: "GET", url: w.api("softwarestatements", id), token: w.info.AccessToken}
	if read := w.want(200, own).object(t); read["ClientSecret"] != nil || read["Description"] != "first" {
		t.Errorf("GET shows secret or forgets: %v", read["Description"])
	}
	if err := w.Directory().Edit(id, func(view map[string]any) { view["FutureField"] = "kept" }); err != nil {
		t.Fatal(err)
	}
	put := own
	put.method = "PUT"
	current := w.want(200, own).object(t)
	delete(current, "Description")
	put.body = current
	if after := w.want(200, put).object(t); after["FutureField"] != "kept" || after["Description"] != nil {
		t.Errorf("get-modify-put: %v %v", after["FutureField"], after["Description"])
	}
	naive := applicationBody()
	naive["Roles"] = []any{}
	put.body = naive
	if after := w.want(200, put).object(t); after["FutureField"] != nil {
		t.Error("a naive PUT keeps FutureField")
	}
	if roles := w.Directory().Roles(id); len(roles) != 1 || roles[0].Status != "Active" {
		t.Errorf("PUT changed roles: %v", roles)
	}
	naive["Status"] = "Inactive"
	w.want(400, put)
}

func TestLogos(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
	for given, warning := range map[string]string{
		pixel: "", "data:image/png;base64,AAAA": "IMAGE_VALIDATION_CONTENT_FAILURE_PLACEHOLDER_USED",
		"data:image/webp;base64,AAAA": "IMAGE_VALIDATION_FAILURE_UNSUPPORTED_IMAGE_FORMAT_PLACEHOLDER_USED",
		"data:image/png;base64,A":     "IMAGE_VALIDATION_FAILURE_BAD_DATA_ENCODING_PLACEHOLDER_USED",
	} {
		body := applicationBody()
		body["LogoUri"] = given
		created := w.want(201, ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: body}).object(t)
		warnings, _ := created["OperationWarnings"].([]any)
		if (warning == "") != (len(warnings) == 0) || warning != "" && warnings[0] != warning {
			t.Errorf("%.30s: warnings %v", given, warnings)
		}
		logo := str(t, created, "LogoUri")
		if !strings.HasSuffix(logo, ".png") || !strings.HasPrefix(logo, "https://") {
			t.Errorf("LogoUri %s", logo)
		}
		w.want(200, ask{method: "GET", url: logo, client: w.client("", "")})
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		strict bool
		edit   func(map[string]any)
		status int
	}{
		"nothing":           {edit: func(map[string]any) {}, status: 200},
		"strict nothing":    {strict: true, edit: func(map[string]any) {}, status: 200},
		"added redirect":    {edit: addRedirect, status: 200},
		"strict redirect":   {strict: true, edit: addRedirect, status: 400},
		"removed redirect":  {edit: func(b map[string]any) { b["RedirectUri"] = []string{"https://app.example/cb"} }, status: 400},
		"suspended":         {edit: func(b map[string]any) { b["Status"] = "Suspended" }, status: 200},
		"strict suspension": {strict: true, edit: func(b map[string]any) { b["Status"] = "Suspended" }, status: 400},
		"renamed":           {edit: func(b map[string]any) { b["ClientName"] = "Other" }, status: 400},
		"added description": {edit: func(b map[string]any) { b["Description"] = "new" }, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, sandbox.Options{Servers: []sandbox.Temper{}, StrictLock: test.strict})
			id := w.application()
			if err := w.Directory().Lock(id); err != nil {
				t.Fatal(err)
			}
			body := applicationBody()
			test.edit(body)
			got := w.want(test.status, ask{method: "PUT", url: w.api("softwarestatements", id), token: w.info.AccessToken, body: body})
			if test.status == 400 && !strings.Contains(got.text, "locked") {
				t.Errorf("no word of the lock: %s", got.text)
			}
			role := map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "PAGTO", "Status": "Active"}
			w.want(400, ask{method: "POST", url: w.api("softwarestatements", id, "authorityclaims"), token: w.info.AccessToken, body: role})
			w.certificate(id)
		})
	}
}

func addRedirect(body map[string]any) {
	body["RedirectUri"] = []string{"https://app.example/new", "https://app.example/cb2", "https://app.example/cb"}
}

func TestUnlockByAnyone(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}, UnlockAllowed: sandbox.UnlockByAnyone})
	id := w.application()
	w.statement(id)
	unlocked := w.want(200, ask{
		method: "PUT", url: w.api("softwarestatements", id, "unlock"), token: w.MintToken("directory:software"), body: map[string]any{"Unlock": true},
	}).object(t)
	if unlocked["Locked"] != false {
		t.Errorf("Locked %v", unlocked["Locked"])
	}
}

func TestSoftDelete(t *testing.T) {
	t.Parallel()
	for _, hidden := range []bool{false, true} {
		w := start(t, sandbox.Options{Servers: []sandbox.Temper{}, HideDeleted: hidden})
		id := w.application()
		w.certificate(id)
		own := ask{method: "DELETE", url: w.api("softwarestatements", id), token: w.info.AccessToken}
		w.want(204, own)
		w.want(404, own)
		own.method = "GET"
		if hidden {
			w.want(404, own)
			continue
		}
		view := w.want(200, own).object(t)
		if view["Status"] != "Inactive" || view["ClientId"] != nil || view["RtsClientCreated"] != false {
			t.Errorf("deleted: %v %v %v", view["Status"], view["ClientId"], view["RtsClientCreated"])
		}
		if list := w.want(200, ask{method: "GET", url: w.api("softwarestatements"), token: w.info.AccessToken}).list(t); len(list) != 1 {
			t.Errorf("the list has %d entries", len(list))
		}
		if certificates := w.Directory().Certificates(id); certificates[0].Status != "Inactive" {
			t.Error("the certificate outlives the application")
		}
		w.want(400, ask{method: "GET", url: w.api("softwarestatements", id, "assertion"), token: w.info.AccessToken})
		w.want(404, ask{method: "PUT", url: w.api("softwarestatements", id), token: w.info.AccessToken, body: applicationBody()})
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	claims := ask{method: "POST", url: w.api("softwarestatements", id, "authorityclaims"), token: w.info.AccessToken}
	claims.body = map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "PAGTO", "Status": "Active"}
	made := w.want(201, claims).object(t)
	w.want(409, claims)
	one := ask{method: "PUT", url: claims.url + "/" + str(t, made, "SoftwareAuthorityClaimId"), token: w.info.AccessToken, body: map[string]any{"Status": "Inactive"}}
	if got := w.want(204, one); got.text != "" {
		t.Errorf("204 with %q", got.text)
	}
	one.method, one.body = "GET", nil
	if w.want(200, one).object(t)["Status"] != "Inactive" {
		t.Error("the role is still active")
	}
	w.Directory().DropOrganisationRole("Open Banking Brasil ", "PAGTO")
	one.method, one.body = "PUT", map[string]any{"Status": "Active"}
	w.want(400, one)
	held := w.want(200, ask{method: "GET", url: w.api("authorityclaims"), token: w.info.AccessToken}).list(t)
	active := 0
	for _, item := range held {
		if claim, _ := item.(map[string]any); claim["Status"] == "Active" {
			active++
		}
	}
	if len(held) != 5 || active != 4 {
		t.Errorf("%d of %d organisation roles are active", active, len(held))
	}
	metadata := w.want(200, ask{method: "GET", url: w.api("softwarestatements", id, "metadata") + "?type=scope", token: w.info.AccessToken}).list(t)
	if len(metadata) != 4 {
		t.Errorf("%d scopes for DADOS", len(metadata))
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	page := w.want(200, ask{method: "GET", url: w.info.APIURL + "/references/flags?page=1&size=4", token: w.info.AccessToken}).object(t)
	content, _ := page["content"].([]any)
	if len(content) != 2 || page["totalPages"] != 2.0 || page["pageNumber"] != 1.0 || page["totalSize"] != 6.0 {
		t.Errorf("%d entries, %v pages", len(content), page["totalPages"])
	}
	w.want(400, ask{method: "GET", url: w.info.APIURL + "/references/flags?size=x", token: w.info.AccessToken})
	found := w.want(200, ask{method: "GET", url: w.info.APIURL + "/references/flags?name=pilot", token: w.info.AccessToken}).object(t)
	content, _ = found["content"].([]any)
	flag, _ := content[0].(map[string]any)
	body := applicationBody()
	body["Flags"] = []string{str(t, flag, "Id")}
	created := w.want(201, ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: body}).object(t)
	flags, _ := created["Flags"].([]any)
	if object, _ := flags[0].(map[string]any); object["Name"] != "pilot" {
		t.Errorf("Flags %v", flags)
	}
}

func TestCertifications(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	all := ask{method: "POST", url: w.api("softwarestatements", w.application(), "certifications"), token: w.info.AccessToken}
	body := map[string]any{"ProfileType": "FAPI RP", "ProfileVersion": 1, "Status": "Certified", "CertificationStartDate": "03/02/2026", "CertificationURI": "https://openid.net/x"}
	all.body = body
	made := w.want(201, all).object(t)
	if made["CertificationExpirationDate"] != "03/02/2027" {
		t.Errorf("expires %v", made["CertificationExpirationDate"])
	}
	w.want(409, all)
	one := ask{method: "PUT", url: all.url + "/" + str(t, made, "CertificationId"), token: w.info.AccessToken, body: map[string]any{"Status": "Deprecated"}}
	if w.want(200, one).object(t)["Status"] != "Deprecated" {
		t.Error("PUT did not change the status")
	}
	one.body = map[string]any{"CertificationStartDate": "2026-02-03"}
	w.want(400, one)
	one.method, one.body = http.MethodDelete, nil
	w.want(204, one)
	one.method = http.MethodGet
	w.want(404, one)
}
