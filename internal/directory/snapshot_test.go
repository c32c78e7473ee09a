package directory

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func listOf(ids ...string) string {
	entries := []string{`{"SoftwareStatementId":"gone","Status":"Inactive"}`}
	for _, id := range ids {
		entries = append(entries, fmt.Sprintf(`{"SoftwareStatementId":%q,"Status":"Active"}`, id))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

// TestSnapshotListsOnce reads the first application by itself and all others from one list.
func TestSnapshotListsOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{
		"GET " + appsURL + "/a":      {{status: 200, body: `{"SoftwareStatementId":"a","Status":"Active"}`}},
		"GET " + appsURL:             {{status: 200, body: listOf("a", "b", "c")}},
		"GET " + appsURL + "/hidden": {{status: 200, body: `{"SoftwareStatementId":"hidden","Status":"Active"}`}},
	})
	snapshot := f.client().Snapshot()
	if _, err := snapshot.Application(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "b", "c", "a"} {
		wait.Go(func() {
			if app, err := snapshot.Application(t.Context(), id); err != nil || app.ID != id {
				t.Errorf("Application(%s) = %v, %v", id, app, err)
			}
		})
	}
	wait.Wait()
	if _, err := snapshot.Application(t.Context(), "gone"); !errors.Is(err, ErrGone) {
		t.Errorf("an inactive application gives %v", err)
	}
	if app, err := snapshot.Application(t.Context(), "hidden"); err != nil || app.ID != "hidden" {
		t.Errorf("an application the list leaves out gives %v, %v", app, err)
	}
	if got := len(f.sent("")); got != 3 {
		t.Errorf("%d requests: %s", got, f.summary())
	}
}

// TestSnapshotListsOnceForAll: one list does, however those who want it and its end meet.
func TestSnapshotListsOnceForAll(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c", "d"}
	f := newFake(t, routes{"GET " + appsURL: {{status: 200, body: listOf(ids...)}}})
	snapshot := f.client().Snapshot()
	forget := func() { snapshot.forget(); snapshot.first = "another" }
	f.askedOnce(forget, func(i int) error { _, err := snapshot.Application(t.Context(), ids[i%len(ids)]); return err })
}

// TestSnapshotListsAgain: what is too old is listed again, and not read one by one.
func TestSnapshotListsAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := newFake(t, routes{
		"GET " + appsURL:                {{status: 200, body: listOf("a", "b", "c")}},
		"GET " + appsURL + "/unlisted":  {{status: 200, body: `{"SoftwareStatementId":"unlisted","Status":"Active"}`}},
		"GET " + appsURL + "/by-itself": {{status: 200, body: `{"SoftwareStatementId":"by-itself","Status":"Active"}`}},
	})
	options := f.options()
	options.Now = func() time.Time { return now }
	snapshot := New(options).Snapshot()
	for range 2 {
		for _, id := range []string{"by-itself", "a", "b", "c", "unlisted", "a", "unlisted"} {
			if app, err := snapshot.Application(t.Context(), id); err != nil || app.ID != id {
				t.Errorf("Application(%s) = %v, %v", id, app, err)
			}
		}
		now = now.Add(freshness + time.Second)
	}
	if got := len(f.sent("")); got != 2*3 {
		t.Errorf("%d requests: %s", got, f.summary())
	}
}

// TestSnapshotWithoutList asks for each application where the list cannot be had.
func TestSnapshotWithoutList(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{
		"GET " + appsURL + "/a": {{status: 200, body: `{"SoftwareStatementId":"a"}`}},
		"GET " + appsURL + "/b": {{status: 200, body: `{"SoftwareStatementId":"b"}`}},
		"GET " + appsURL + "/c": {{status: 404, body: `{"errors":["no"]}`}},
		"GET " + appsURL:        {{status: 403}},
	})
	snapshot := f.client().Snapshot()
	for range 2 {
		for _, id := range []string{"a", "b"} {
			if app, err := snapshot.Application(t.Context(), id); err != nil || app.ID != id {
				t.Errorf("Application(%s) = %v, %v", id, app, err)
			}
		}
	}
	if _, err := snapshot.Application(t.Context(), "c"); !errors.Is(err, ErrGone) {
		t.Errorf("an application that is not there gives %v", err)
	}
	// The list is asked for once more, to tell a removal from a gateway's 404.
	if got := len(f.sent("")); got != 5 {
		t.Errorf("%d requests: %s", got, f.summary())
	}
}

// TestSnapshotForgets what was read before this client changed anything, and what is old.
func TestSnapshotForgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := newFake(t, routes{
		"GET " + appURL:                      {{status: 200, body: `{"SoftwareStatementId":"x","Status":"Active"}`}},
		"GET " + appURL + "/authorityclaims": {{status: 200, body: `[]`}},
		"GET " + appURL + "/certificates":    {{status: 200, body: `[{"kid":"one","Status":"Active"}]`}},
		"GET " + appURL + "/assertion":       {{status: 200, body: "e30.e30.e30"}},
		"PUT " + appURL + "/unlock":          {{status: 200, body: `{"SoftwareStatementId":"x"}`}},
	})
	options := f.options()
	options.Now = func() time.Time { return now }
	client := New(options)
	read := func(want int) {
		t.Helper()
		before := len(f.sent(http.MethodGet))
		snapshot := client.Snapshot()
		_, errA := snapshot.Application(t.Context(), appID)
		_, errR := snapshot.Roles(t.Context(), appID)
		c, errC := snapshot.Certificate(t.Context(), appID, "rtstransport", "one")
		if err := errors.Join(errA, errR, errC); err != nil || c.Type != "rtstransport" {
			t.Fatal(c, err)
		}
		if got := len(f.sent(http.MethodGet)) - before; got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
	}
	read(3)
	read(0)
	now = now.Add(freshness + time.Second)
	read(3)
	if _, err := client.Unlock(t.Context(), appID); err != nil {
		t.Fatal(err)
	}
	read(3)
	if _, err := client.Assertion(t.Context(), appID); err != nil {
		t.Fatal(err)
	}
	read(3)
}

// TestLongList reads the applications of a large organisation, which come
// without pages and exceed what any other answer may have.
func TestLongList(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&list, `{"SoftwareStatementId":"id-%d","Status":"Active","Description":%q},`, i, strings.Repeat("x", 1000))
	}
	f := newFake(t, routes{"GET " + appsURL: {{status: 200, body: "[" + strings.TrimSuffix(list.String(), ",") + "]"}}})
	if all, err := f.client().Applications(t.Context()); err != nil || len(all) != 2000 {
		t.Errorf("Applications = %d, %v", len(all), err)
	}
}
