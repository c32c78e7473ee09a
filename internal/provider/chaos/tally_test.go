package chaos_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// tally counts, over all lives, what was drawn and how often it came to
// something: a fault that never strikes proves nothing.
type tally struct {
	mu     sync.Mutex
	counts map[string]*count
	lives  int
}

type count struct{ drawn, struck int }

func newTally() *tally { return &tally{counts: map[string]*count{}} }

func (c *tally) add(what string, drawn, struck int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts[what] == nil {
		c.counts[what] = &count{}
	}
	c.counts[what].drawn += drawn
	c.counts[what].struck += struck
}

// came counts one draw, and whether it came to something.
func (c *tally) came(what string, struck bool) {
	if struck {
		c.add(what, 1, 1)
		return
	}
	c.add(what, 1, 0)
}

// table is a line for each of what was drawn.
func (c *tally) table() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := []string{fmt.Sprintf("%-30s %7s %7s", "what", "drawn", "struck")}
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		lines = append(lines, fmt.Sprintf("%-30s %7d %7d", what, c.counts[what].drawn, c.counts[what].struck))
	}
	return strings.Join(lines, "\n")
}

// enough is from how many lives on everything has to have struck.
const enough = 200

func (c *tally) check(t *testing.T, lives int) {
	t.Helper()
	t.Logf("what was drawn, and how often it came to something:\n%s", c.table())
	for what, n := range c.counts {
		if lives >= enough && n.struck == 0 {
			t.Errorf("%s was drawn %d times and never struck", what, n.drawn)
		}
	}
}

const (
	heapCap = 256 << 20
	// looked is after how many lives memory is looked at.
	looked = 20
)

// weigh fails the life after which too much memory is in use.
func (c *tally) weigh(t *testing.T, seed uint64) {
	t.Helper()
	c.mu.Lock()
	c.lives++
	due := c.lives%looked == 0
	c.mu.Unlock()
	if !due {
		return
	}
	// Lives that go on meanwhile are not to blame this one.
	var memory runtime.MemStats
	for range 10 {
		runtime.GC()
		if runtime.ReadMemStats(&memory); memory.HeapInuse <= heapCap {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("seed %d: %d MiB are in use after it, again and again", seed, memory.HeapInuse>>20)
}
