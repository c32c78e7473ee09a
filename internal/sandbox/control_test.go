package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestControlActorsOfTheDirectory(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	made, _ := w.certificate(id)
	at := func(path string) string { return w.info.ControlURL + path }
	w.want(204, ask{method: "POST", url: at("/applications/" + id + "/lock")})
	if view, _ := w.Directory().Application(id); view["Locked"] != true {
		t.Error("lock")
	}
	w.want(204, ask{method: "POST", url: at("/applications/" + id + "/unlock")})
	edited := w.want(200, ask{method: "PATCH", url: at("/applications/" + id), body: map[string]any{"ClientName": "Edited", "Locked": nil, "FutureField": 1}}).object(t)
	if edited["ClientName"] != "Edited" || edited["Locked"] != false || edited["FutureField"] != 1.0 {
		t.Errorf("edit: %v %v %v", edited["ClientName"], edited["Locked"], edited["FutureField"])
	}
	role := map[string]any{"domain": "Sandbox Ecosystem", "role": "TPP", "status": "Active"}
	w.want(204, ask{method: "PUT", url: at("/applications/" + id + "/roles"), body: role})
	role["status"] = "Inactive"
	w.want(204, ask{method: "PUT", url: at("/applications/" + id + "/roles"), body: role})
	if roles := w.Directory().Roles(id); len(roles) != 2 || roles[1].Status != "Inactive" {
		t.Errorf("roles %v", roles)
	}
	w.want(204, ask{method: "POST", url: at("/certificates/" + str(t, made, "kid") + "/revoke"), body: map[string]any{"reason": "keycompromise"}})
	if held := w.Directory().Certificates(id); held[0].Reason != "keycompromise" || held[0].Status != "Inactive" {
		t.Errorf("revoke: %v", held[0].Status)
	}
	w.want(204, ask{method: "POST", url: at("/keystore/rotate")})
	if claims := verifyStatement(t, w, w.statement(id)); claims["software_id"] != id {
		t.Error("no statement after key rotation")
	}
	w.want(204, ask{method: "DELETE", url: at("/applications/" + id)})
	if view, _ := w.Directory().Application(id); view["Status"] != "Inactive" {
		t.Error("delete")
	}
	w.want(404, ask{method: "DELETE", url: at("/applications/unknown")})
	w.want(404, ask{method: "POST", url: at("/certificates/unknown/revoke")})
	w.want(400, ask{method: "PUT", url: at("/applications/" + id + "/roles"), body: map[string]any{"rolle": 1}})
	if index, _ := w.want(200, ask{method: "GET", url: at("/endpoints")}).object(t)["endpoints"].(map[string]any); len(index) < 15 {
		t.Errorf("the index lists %d endpoints", len(index))
	}
}

func TestControlActorsOfAServer(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{})
	clients := w.info.ControlURL + "/servers/bank-1/clients"
	one := clients + "?client_id=" + url.QueryEscape(str(t, created, "client_id"))
	if list := w.want(200, ask{method: "GET", url: clients}).list(t); len(list) != 1 {
		t.Errorf("%d clients", len(list))
	}
	if shown := w.want(200, ask{method: "GET", url: one}).object(t); shown["client_secret"] == created["client_secret"] || shown["client_name"] != "A" {
		t.Error("control shows the secret or not the client")
	}
	w.want(200, ask{method: "PATCH", url: one, body: map[string]any{"client_name": "Drifted"}})
	read := w.want(200, manage(t, "GET", created)).object(t)
	if read["client_name"] != "Drifted" || read["client_secret"] != created["client_secret"] {
		t.Errorf("edit: %v", read["client_name"])
	}
	rotate := w.info.ControlURL + "/servers/bank-1/clients/rotate?client_id="
	told := w.want(200, ask{method: "POST", url: rotate + url.QueryEscape(str(t, created, "client_id"))}).object(t)
	w.want(401, manage(t, "GET", created))
	if read := w.want(200, manage(t, "GET", told)).object(t); len(told) != 3 || told["client_id"] != created["client_id"] || read["client_id"] != created["client_id"] {
		t.Errorf("rotating tells %d members", len(told))
	}
	w.want(404, ask{method: "POST", url: rotate + "nobody"})
	current, _ := w.Server("bank-1").Client(str(t, created, "client_id"))
	w.want(204, ask{method: "PATCH", url: w.info.ControlURL + "/servers/bank-1", body: map[string]any{"rotate": "on_read"}})
	if rotated := w.want(200, manage(t, "GET", current)).object(t); rotated["registration_access_token"] == current["registration_access_token"] {
		t.Error("the temper did not change")
	}
	w.want(400, ask{method: "PATCH", url: w.info.ControlURL + "/servers/bank-1", body: map[string]any{"rotate": "daily"}})
	w.want(204, ask{method: "DELETE", url: one})
	w.want(404, ask{method: "DELETE", url: one})
	w.want(404, ask{method: "GET", url: w.info.ControlURL + "/servers/nobody/clients"})
	if w.Server("nobody") != nil {
		t.Error("a server nobody configured")
	}
}

func TestControlFaults(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	faults := w.info.ControlURL + "/faults"
	armed := w.want(200, ask{method: "POST", url: faults, body: []any{map[string]any{"kind": "status", "route": "GET /participants", "status": 504}}}).list(t)
	if len(armed) != 1 {
		t.Errorf("%d faults", len(armed))
	}
	w.want(400, ask{method: "POST", url: faults, body: map[string]any{"kind": "gremlin"}})
	w.want(504, ask{method: "GET", url: w.info.ParticipantsURL})
	if left := w.want(200, ask{method: "GET", url: faults}).list(t); len(left) != 0 {
		t.Errorf("%d faults left", len(left))
	}
}

// TestControlRefusesFaultsThatCannotStrike: a mistyped route or server is told at
// once, with those there are, and nothing of the request is armed.
func TestControlRefusesFaultsThatCannotStrike(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{}}})
	faults := w.info.ControlURL + "/faults"
	good := map[string]any{"kind": "status", "route": "GET /participants"}
	for _, c := range []struct {
		wrong map[string]any
		words []string
	}{
		{map[string]any{"kind": "status", "route": "POST /registe"}, []string{`no server has the route "POST /registe"`, "\nPOST /register\n", "\nPOST /token", "\nGET /participants\n", "softwarestatements/{SoftwareStatementId}/assertion\n"}},
		{map[string]any{"kind": "status", "server": "bank-7"}, []string{`no server "bank-7"`, "directory", "bank-1"}},
	} {
		answer := str(t, w.want(400, ask{method: "POST", url: faults, body: []any{good, c.wrong}}).object(t), "error")
		for _, words := range c.words {
			if !strings.Contains(answer, words) {
				t.Errorf("%v is answered with %q, without %q", c.wrong, answer, words)
			}
		}
	}
	if w.Pending() != 0 {
		t.Errorf("%d faults are armed", w.Pending())
	}
	// Each of its routes may be said.
	for route := range w.Stats().Routes {
		w.want(200, ask{method: "POST", url: faults, body: map[string]any{"kind": "status", "route": route}})
	}
}

// TestControlDisarms forgets the faults and nothing else.
func TestControlDisarms(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	w.want(200, ask{method: "GET", url: w.info.ParticipantsURL})
	w.want(200, ask{method: "POST", url: w.info.ControlURL + "/faults", body: map[string]any{"kind": "status", "times": -1}})
	w.want(503, ask{method: "GET", url: w.info.ParticipantsURL})
	w.want(204, ask{method: "DELETE", url: w.info.ControlURL + "/faults"})
	w.want(200, ask{method: "GET", url: w.info.ParticipantsURL})
	if got := len(w.Requests("GET /participants")); got != 3 {
		t.Errorf("the history has %d requests", got)
	}
}
