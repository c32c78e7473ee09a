//go:build interop

package interop_test

import "fmt"

// holds checks that the server has one client, and its name.
func (tr trial) holds(name string) {
	tr.t.Helper()
	if fixed, ok := tr.fixed["client_name"]; ok && (!tr.unfixed || tr.updates() == 0) {
		name = fixed
	}
	clients, err := tr.clients()
	if err != nil || len(clients) != 1 || clients[0]["client_name"] != name {
		tr.t.Fatalf("the server has %v (%v), want one client with the name %s", names(clients), err, name)
	}
	if got, want := fmt.Sprint(clients[0]["redirect_uris"]), "[https://app.example.com/another https://app.example.com/callback]"; got != want {
		tr.t.Errorf("the server has the redirect_uris %s, want %s", got, want)
	}
}

func names(clients []map[string]any) []string {
	var all []string
	for _, c := range clients {
		all = append(all, fmt.Sprint(c["client_name"]))
	}
	return all
}

func (tr trial) empty() {
	tr.t.Helper()
	if clients, err := tr.clients(); err != nil || len(clients) > 0 {
		tr.t.Errorf("the server still has %v (%v)", names(clients), err)
	}
}

// contacts checks that they, which the second configuration leaves out, are gone where the server lets them go.
func (tr trial) contacts() {
	tr.t.Helper()
	clients, err := tr.clients()
	if err != nil || len(clients) != 1 {
		tr.t.Fatalf("the server has %v (%v)", names(clients), err)
	}
	if left := clients[0]["contacts"] != nil; left != (tr.merges || tr.fixed["contacts"] != "") {
		tr.t.Errorf("after they were removed, contacts are %v", clients[0]["contacts"])
	}
}

// knows checks that a state has the secret that the server has.
func (tr trial) knows(c client) {
	tr.t.Helper()
	if clients, err := tr.clients(); err != nil || len(clients) != 1 || clients[0]["client_secret"] != c.Secret {
		tr.t.Errorf("state does not have the client secret that the server has (%v)", err)
	}
}

// same checks that a client did not become another one.
func (tr trial) same(before, after client) {
	tr.t.Helper()
	if before.ID == "" || before.ID != after.ID || before.URI != after.URI {
		tr.t.Fatalf("client %q at %s became %q at %s", before.ID, before.URI, after.ID, after.URI)
	}
}

func (tr trial) sent(method string, want int) {
	tr.t.Helper()
	if got, err := tr.count(method); err != nil || got != want {
		tr.t.Errorf("%s was sent %d times (%v), want %d", method, got, err, want)
	}
}

func (tr trial) updates() int {
	tr.t.Helper()
	sum := 0
	for _, method := range []string{"PUT", "PATCH"} {
		n, err := tr.count(method)
		if err != nil {
			tr.t.Fatal(err)
		}
		sum += n
	}
	return sum
}
