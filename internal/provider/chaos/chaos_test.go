package chaos_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// options are the flags of this test; make chaos sets them.
type options struct {
	seed    uint64
	lives   int
	steps   int
	without string
	shrink  bool
	tally   *tally
}

func TestMain(m *testing.M) {
	flag.Uint64("seed", 1, "the seed of the first life")
	flag.Int("lives", 3, "how many lives are lived")
	flag.Int("steps", 8, "how many steps a life has before it heals")
	flag.String("without", "", "steps to leave out, such as 0,3,7")
	flag.Bool("shrink", false, "find the steps that a failing life needs")
	flag.Parse()
	os.Exit(m.Run())
}

func value[T any](name string) T {
	getter, _ := flag.Lookup(name).Value.(flag.Getter)
	out, _ := getter.Get().(T)
	return out
}

func flags() options {
	return options{seed: value[uint64]("seed"), lives: value[int]("lives"), steps: value[int]("steps"), without: value[string]("without"), shrink: value[bool]("shrink"), tally: newTally()}
}

// regressions are seeds that once found something, in lives of six steps, and what.
func regressions() map[uint64]string {
	return map[uint64]string{
		24:     "an application imported with flags had another final plan",
		471:    "a moved client that was gone was never read, and so never registered anew",
		30:     "the refusal of a revoked certificate, broken off, was taken for one of the token",
		771:    "a saved plan that failed had read a token that no journal kept",
		469:    "a client that an import put another in the place of was in the journal alone",
		1542:   "a client that was gone, and whose update got no answer, had to be forgotten first",
		1677:   "a bank took each statement once, and got one again",
		1808:   "a client that was no longer configured could not be removed with the certificate in state, and the error did not say how",
		40434:  "what an import had in another spelling was planned as configured while a statement was unknown, and not once it was known",
		30521:  "a destroy that could not begin had read a token that no journal kept",
		103068: "a state that was lost took with it that an answer was, and on_unauthorized said to register anew",
		89:     "a discovery document that was false once was kept as where a tainted client is managed",
	}
}

// TestLives lives many lives. What leaks, or grows without bound, is seen once all have ended.
func TestLives(t *testing.T) {
	given := flags()
	lives := map[uint64]options{}
	for i := range given.lives {
		lives[given.seed+uint64(i)] = given
	}
	if given.seed == 1 {
		for seed := range regressions() {
			again := given
			again.steps = 6
			lives[seed] = again
		}
	}
	before := runtime.NumGoroutine()
	t.Run("all", func(t *testing.T) {
		for _, seed := range slices.Sorted(maps.Keys(lives)) {
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				// What has run in parallel is kept until all have, with everything its cleanups knew.
				t.Run("life", func(t *testing.T) { live(t, seed, lives[seed]) }) //nolint:paralleltest // It is alone in what runs in parallel.
			})
		}
	})
	if t.Failed() && given.shrink && given.lives == 1 {
		t.Logf("needed are all steps but %s: make chaos SEED=%d N=1 WITHOUT=%[1]s", shrink(given), given.seed)
	}
	given.tally.check(t, given.lives)
	settle(t, before)
}

// settle fails when goroutines are left.
func settle(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > before+2 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before+2 {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines before, %d after:\n%s", before, now, stacks[:runtime.Stack(stacks, true)])
	}
}

// shrink leaves out one step after the other, as long as the life still fails.
func shrink(given options) string {
	var without []string
	if given.without != "" {
		without = strings.Split(given.without, ",")
	}
	for step := range given.steps {
		tried := append(slices.Clone(without), strconv.Itoa(step))
		again := exec.Command(os.Args[0], "-test.run", "TestLives", "-seed", fmt.Sprint(given.seed), "-lives", "1", "-steps", fmt.Sprint(given.steps), "-without", strings.Join(tried, ",")) //nolint:gosec // This very test.
		if again.Run() != nil {
			without = tried
		}
	}
	return strings.Join(without, ",")
}
