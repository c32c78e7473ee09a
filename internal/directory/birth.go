package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// datePrecision is what a directory's dates may leave out. A clock behind ours gets no
// more: the application of somebody else must never be taken for the one just created.
const datePrecision = time.Second

// births keeps what a client created and what was there before, so that no other application
// of the same name is ever taken for the one that a lost answer was about.
type births struct {
	mu       sync.Mutex
	expected map[string]int
	ids      map[string]bool

	census sync.Once
	before map[string]bool
}

// count lists, once and before the first creation, what is there already. Where that
// fails, before stays nil, and a lost answer leaves the outcome unknown.
func (b *births) count(ctx context.Context, c *Client) {
	b.census.Do(func() {
		applications, err := c.Applications(ctx)
		if err != nil {
			return
		}
		b.before = make(map[string]bool, len(applications))
		for i := range applications {
			b.before[applications[i].ID] = true
		}
	})
}

// expect counts the creations of one name.
func (b *births) expect(body Fields) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expected == nil {
		b.expected, b.ids = map[string]int{}, map[string]bool{}
	}
	b.expected[text(body["ClientName"])]++
}

func (b *births) born(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids[id] = true
}

// claim takes an application for the result of the one creation that asked for its name; false
// when it is another's already, was there before, or several creations asked for that name.
func (b *births) claim(application *Application) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ids[application.ID] || b.before == nil || b.before[application.ID] || b.expected[application.ClientName] != 1 {
		return false
	}
	b.ids[application.ID] = true
	return true
}

// findCreated finds what a lost answer was about: the one application of that name with
// those redirect URIs that was not there before, and that the directory says was created
// since the request was sent. A directory that does not say so leaves the outcome unknown.
func (c *Client) findCreated(ctx context.Context, body Fields, at time.Time) *Application {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	applications, err := c.Applications(ctx)
	if err != nil {
		return nil
	}
	var found *Application
	for i := range applications {
		candidate := &applications[i]
		created, known := candidate.created()
		if !candidate.Active() || !known || created.Before(at.Truncate(datePrecision)) || c.births.before[candidate.ID] || !candidate.matches(body) {
			continue
		}
		if found != nil {
			return nil
		}
		found = candidate
	}
	if found == nil || !c.births.claim(found) {
		return nil
	}
	found.Recovered = true
	return found
}

func (a Application) matches(body Fields) bool {
	var wanted []string
	encoded, err := json.Marshal(body["RedirectUri"])
	if err != nil || json.Unmarshal(encoded, &wanted) != nil {
		return false
	}
	has := slices.Clone(a.RedirectURIs)
	slices.Sort(has)
	slices.Sort(wanted)
	return a.ClientName == text(body["ClientName"]) && slices.Equal(slices.Compact(has), slices.Compact(wanted))
}

// text reads a member of a request, which may be encoded already.
func text(value any) string {
	if raw, ok := value.(json.RawMessage); ok {
		return textOf(raw)
	}
	return fmt.Sprint(value)
}

// created reads when the directory says the application was created; directories write
// dates in several notations.
func (a Application) created() (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999", "2006-01-02T15:04:05.999", time.UnixDate} {
		if at, err := time.Parse(layout, strings.TrimSpace(a.CreatedAt)); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
