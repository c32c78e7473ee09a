package conn_test

import (
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// TestSeenBefore tells another resource with the same client from the same one,
// which is read once more.
func TestSeenBefore(t *testing.T) {
	t.Parallel()
	holders := conn.New(conn.Settings{}).Holders
	for i, read := range []struct {
		uri, resource string
		want          bool
	}{{"one", "a", false}, {"one", "a", false}, {"one", "b", true}, {"one", "b", true}, {"one", "a", true}, {"two", "c", false}, {"two", "d", true}} {
		if got := holders.Stays(read.uri, "client", read.resource).Others; got != read.want {
			t.Errorf("read %d, of %s by %s: %t, want %t", i, read.uri, read.resource, got, read.want)
		}
	}
}

// TestLeaving: whichever of two resources comes second learns of the other, in
// whatever order they are read and planned.
func TestLeaving(t *testing.T) {
	t.Parallel()
	type step struct {
		resource string
		leaves   bool
	}
	for name, steps := range map[string][]step{
		"the one that leaves is first": {{"orphan", false}, {"orphan", true}, {"kept", false}},
		"it is second":                 {{"kept", false}, {"orphan", false}, {"orphan", true}},
		"both are read first":          {{"orphan", false}, {"kept", false}, {"orphan", true}},
		"nothing is read":              {{"orphan", true}, {"kept", false}},
	} {
		holders := conn.New(conn.Settings{}).Holders
		refused := false
		for _, s := range steps {
			if s.leaves {
				refused = refused || holders.Leaves("one", "client", s.resource).Others
			} else {
				refused = refused || holders.Stays("one", "client", s.resource).Leaving
			}
		}
		if !refused {
			t.Errorf("%s: nothing stops the removal", name)
		}
	}
}

// TestLeavingAgain: a replacement is known by the name of the resource alone, and
// a client that is gone is nobody's.
func TestLeavingAgain(t *testing.T) {
	t.Parallel()
	holders := conn.New(conn.Settings{}).Holders
	if holders.LeavesAgain("a").Others {
		t.Error("a resource nobody asked about shares a client")
	}
	holders.Stays("one", "client", "a")
	holders.Stays("one", "client", "b")
	if !holders.LeavesAgain("a").Others || !holders.Stays("one", "client", "b").Leaving {
		t.Error("the replacement is not known")
	}
	holders.Removed("one", "client")
	if holders.Stays("one", "client", "b").Others {
		t.Error("the client that is gone is still somebody's")
	}
}
