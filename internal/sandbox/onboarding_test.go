package sandbox_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestOnboarding(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{})
	id := w.application()
	_, own := w.certificate(id)
	issuer := w.info.AuthorizationServers[0].Issuer
	document := w.want(200, ask{method: "GET", url: issuer + "/.well-known/openid-configuration"}).object(t)
	if document["issuer"] != issuer {
		t.Errorf("issuer %v", document["issuer"])
	}
	aliases, ok := document["mtls_endpoint_aliases"].(map[string]any)
	if !ok {
		t.Fatal("no mtls_endpoint_aliases")
	}
	endpoint := str(t, aliases, "registration_endpoint")
	w.want(401, ask{method: "POST", url: str(t, document, "registration_endpoint"), body: map[string]any{}})

	statement := w.statement(id)
	created := w.want(201, ask{method: "POST", url: endpoint, body: w.metadata(statement), client: own}).object(t)
	if created["software_statement"] != statement {
		t.Error("the statement does not come back unmodified")
	}
	if created["scope"] != "accounts consents customers openid" {
		t.Errorf("scope %v", created["scope"])
	}
	manage := ask{method: "GET", url: str(t, created, "registration_client_uri"), token: str(t, created, "registration_access_token"), client: own}
	read := w.want(200, manage).object(t)
	if read["registration_access_token"] != created["registration_access_token"] {
		t.Error("the default server rotates on read")
	}
	body := w.metadata(w.statement(id))
	body["client_id"] = created["client_id"]
	body["redirect_uris"] = []string{"https://app.example/cb2", "https://app.example/cb", "https://app.example/cb"}
	manage.method, manage.body = "PUT", body
	updated := w.want(200, manage).object(t)
	if got, _ := updated["redirect_uris"].([]any); len(got) != 2 {
		t.Errorf("redirect_uris %v", got)
	}
	if updated["registration_access_token"] == created["registration_access_token"] {
		t.Error("the default server does not rotate on update")
	}
	w.probe(str(t, aliases, "token_endpoint"), created, http.StatusOK)
	manage.method, manage.body = "DELETE", nil
	w.want(401, manage)
	manage.token = str(t, updated, "registration_access_token")
	w.want(204, manage)
	w.want(401, manage)
	w.probe(str(t, aliases, "token_endpoint"), created, http.StatusUnauthorized)
	if got := w.Count("POST /register"); got != 2 {
		t.Errorf("POST /register counted %d times", got)
	}
}

// probe asks the token endpoint with the client's secret.
func (w *world) probe(endpoint string, client map[string]any, status int) {
	w.t.Helper()
	request := ask{method: "POST", url: endpoint, body: url.Values{"grant_type": {"client_credentials"}}}
	request.header = map[string]string{"Authorization": basic(str(w.t, client, "client_id"), str(w.t, client, "client_secret"))}
	w.want(status, request)
}

func TestStatementLocksAndIsSigned(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{})
	id := w.application()
	raw := w.want(200, ask{
		method: "GET", url: w.api("softwarestatements", id, "assertion"), token: w.info.AccessToken, header: map[string]string{"Accept": "application/json"},
	}).text
	if !strings.HasPrefix(raw, `"eyJ`) {
		t.Error("application/json does not give a quoted string")
	}
	view, _ := w.Directory().Application(id)
	if view["Locked"] != true {
		t.Error("the assertion did not lock")
	}
	claims := verifyStatement(t, w, w.statement(id))
	if claims["software_id"] != id || claims["exp"] != nil || claims["jti"] != nil {
		t.Errorf("claims %v", claims)
	}
	roles, _ := claims["software_roles"].([]any)
	if !slices.Equal(roles, []any{"DADOS"}) {
		t.Errorf("software_roles %v", roles)
	}
	if err := w.Directory().Edit(id, func(view map[string]any) { view["Status"] = "Suspended" }); err != nil {
		t.Fatal(err)
	}
	w.want(400, ask{method: "GET", url: w.api("softwarestatements", id, "assertion"), token: w.info.AccessToken})
}

func TestParticipantsAreNobodysSecret(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{})
	list := w.want(200, ask{method: "GET", url: w.info.ParticipantsURL, client: w.client("", "")}).list(t)
	var issuers []string
	for _, item := range list {
		organisation, _ := item.(map[string]any)
		servers, _ := organisation["AuthorisationServers"].([]any)
		for _, server := range servers {
			object, _ := server.(map[string]any)
			if object["SupportsDCR"] != true {
				t.Errorf("SupportsDCR %v", object["SupportsDCR"])
			}
			issuers = append(issuers, str(t, object, "Issuer"))
		}
	}
	for _, server := range w.info.AuthorizationServers {
		if !slices.Contains(issuers, server.Issuer) {
			t.Errorf("%s is not listed", server.Name)
		}
	}
}
