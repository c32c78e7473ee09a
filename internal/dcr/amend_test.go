package dcr_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	document := func(text string) dcr.Metadata {
		var m dcr.Metadata
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, tc := range map[string]struct{ before, after, want, whole string }{
		"nothing":        {`{"a":1,"b":["x"]}`, `{"b": [ "x" ],"a":1}`, `{}`, `{"a":1,"b":["x"]}`},
		"changed":        {`{"a":1,"b":2}`, `{"a":1,"b":3}`, `{"b":3}`, `{"a":1,"b":3}`},
		"added":          {`{}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`},
		"removed":        {`{"a":"x","b":1}`, `{"b":1}`, `{"a":null}`, `{"a":null,"b":1}`},
		"order in lists": {`{"a":["x","y"]}`, `{"a":["y","x"]}`, `{"a":["y","x"]}`, `{"a":["y","x"]}`},
		"within objects": {`{"a":{"x":1,"y":{"z":1,"w":2}},"b":1}`, `{"a":{"x":2,"y":{"z":1}},"b":{"c":1}}`, `{"a":{"x":2,"y":{"w":null}},"b":{"c":1}}`, `{"a":{"x":2,"y":{"w":null,"z":1}},"b":{"c":1}}`},
		"number as is":   {`{"a":1}`, `{"a":1.0}`, `{"a":1.0}`, `{"a":1.0}`},
	} {
		if got := dcr.Canonical(dcr.Difference(document(tc.before), document(tc.after))); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
		if got := dcr.Canonical(dcr.Whole(document(tc.before), document(tc.after))); got != tc.whole {
			t.Errorf("%s: the whole is %s, want %s", name, got, tc.whole)
		}
	}
}

// TestAmend is sent once, and once more only where the first said that it did nothing.
func TestAmend(t *testing.T) {
	t.Parallel()
	changes := dcr.Metadata{"client_name": json.RawMessage(`"A & B"`), "client_uri": json.RawMessage("null")}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		calls   int
		status  int
		empty   bool
	}{
		"plain JSON":       {always(200, readAnswer), 1, 0, false},
		"an empty answer":  {always(200, ""), 1, 0, true},
		"refused":          {always(400, `{"error":"invalid_client_metadata"}`), 1, 400, false},
		"no merge patches": {always(415, ""), 2, 415, false},
		"merge patch only": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Type") != "application/merge-patch+json" {
				w.WriteHeader(http.StatusUnsupportedMediaType)
				return
			}
			always(200, readAnswer)(w, r)
		}, 2, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, tc.handler)
			reg, err := b.connect(t).Amend(bounded(t), b.managed(), changes)
			b.counted(t, "PATCH", tc.calls)
			equal(t, "body", b.requests("PATCH")[0].body, `{"client_name":"A & B","client_uri":null}`)
			equal(t, "token", b.requests("PATCH")[0].bearer, "Bearer token-of-one")
			if tc.status != 0 {
				equal(t, "status", as[*rest.StatusError](t, err).Status, tc.status)
				return
			}
			succeeds(t, err)
			equal(t, "empty", reg.Empty, tc.empty)
		})
	}
}
