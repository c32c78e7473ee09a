package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// life is one onboarding with everything that happens to it.
type life struct {
	t    *testing.T
	sb   *sandbox.Sandbox
	ws   *acctest.Workspace
	dice *rand.Rand
	// banks are the servers' tempers; the client at each has its number.
	banks   []sandbox.Temper
	journal string
	logs    *shared
	clock   atomic.Int64
	// watch is called with each request's fault before it is answered.
	watch atomic.Pointer[func(fault string)]
	// said are the diagnostics since the last look at everything, and unheard those of killed runs.
	said, unheard []string
	// orphans are what no state knows, and why that is nobody's fault or was told.
	orphans map[string]string
	// cut are the objects that the provider made, and whether the answer that said so may not have arrived.
	cut map[string]bool
	// behind are clients, by ID, of which state and journal need not know the newest token.
	behind map[string]string
	// excused are clients, by address, whose token somebody may refuse, and misled those
	// of which a server lately said so without reason.
	excused, misled map[string]string
	// now is the last run, and requests how many it made.
	now      run
	requests int
	// hasty is set while a provider gives up soon, and shaken while a fault may strike a connection.
	hasty, shaken bool
	// armed are the faults drawn in this step.
	armed []sandbox.Fault
	tally *tally
	// key is the sealing key, empty for none.
	key string
	// lost are clients, by address, whose last update was carried out and its answer lost, in
	// a run of which everything was kept: no other may be registered in their place.
	lost map[string]bool
	// doubted are clients, by ID, of which a journal knows that an answer was lost: likewise, whatever was kept.
	doubted map[string]bool
	// unpublished are the clients, by number, whose server publishes nothing: no token endpoint tells that they are there.
	unpublished map[int]bool
	// extra draws what came to be drawn later, so that older seeds stay what they were.
	extra *rand.Rand
	// single are the clients that get a statement for each request, by number.
	single map[int]bool
	// steady is set while only what needs no luck is configured.
	steady bool
	// configured are the clients that the configuration has.
	configured map[string]map[string]any
	// application is the configuration of the application.
	application map[string]any
	story       []string
}

// shared is a buffer for many writers.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func source(seed uint64, step int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(step)+1)) //nolint:gosec // Repeatable on purpose.
}

// pick draws one of several.
func pick[T any](dice *rand.Rand, values ...T) T { return values[dice.IntN(len(values))] }

func live(t *testing.T, seed uint64, given options) {
	t.Helper()
	l := born(t, source(seed, -1), source(seed, 1<<20), given.tally)
	if l.dice.IntN(3) > 0 {
		l.run("first apply", l.ws.Apply) // Most of what happens needs something that it can happen to.
	}
	left := strings.Split(given.without, ",")
	for step := range given.steps {
		if slices.Contains(left, strconv.Itoa(step)) {
			continue
		}
		l.dice = source(seed, step)
		l.step(step)
		if l.invariants(true); t.Failed() {
			break
		}
	}
	if !t.Failed() {
		l.dice = source(seed, given.steps)
		l.heal()
	}
	if !t.Failed() {
		l.end()
	}
	given.tally.weigh(t, seed)
	if t.Failed() {
		t.Logf("seed %d: %s", seed, strings.Join(l.story, "\n"))
	}
}

// born draws what stays for a life: servers, journal, sealing, clocks.
func born(t *testing.T, dice, extra *rand.Rand, counts *tally) *life {
	t.Helper()
	l := &life{t: t, dice: dice, tally: counts, logs: &shared{}, requests: 20, orphans: map[string]string{}, excused: map[string]string{},
		misled: map[string]string{}, behind: map[string]string{}, cut: map[string]bool{}, single: map[int]bool{}, lost: map[string]bool{}, doubted: map[string]bool{}, unpublished: map[int]bool{}, extra: extra}
	for i := range 2 {
		temper := pick(dice, tempers()...)
		temper.Name, temper.AllowSecondRegistration = "bank-"+strconv.Itoa(i), true
		l.banks = append(l.banks, temper)
	}
	skew := pick(dice, 0, 0, -10*time.Minute, 10*time.Minute, -4*time.Minute)
	if extra.IntN(5) == 0 {
		l.banks[1] = pick(extra, sandbox.Temper{Rotate: sandbox.RotateNever, NoStatement: true, NoMutualTLS: true, ManagedByAccessToken: true}, sandbox.Temper{SignedRequests: "application/jwt"})
		l.banks[1].Name, l.banks[1].AllowSecondRegistration = "bank-1", true
	}
	now := func() time.Time { return time.Now().Add(time.Duration(l.clock.Load())) }
	for i, bank := range l.banks {
		l.unpublished[i] = extra.IntN(4) == 0 && !bank.ManagedByAccessToken && bank.SignedRequests == ""
	}
	if slices.ContainsFunc(l.banks, func(b sandbox.Temper) bool { return b.SignedRequests != "" }) {
		skew = 0 // A signed request from the future is refused, and so is one that is over, and rightly so.
	}
	l.sb = acctest.Sandbox(t, sandbox.Options{Now: now, CertificateLifetime: 90 * 24 * time.Hour, Servers: l.banks, HTTP2: dice.IntN(2) == 0, Log: slog.New(watcher{l})})
	l.ws = acctest.NewWorkspace(t, l.sb, nil).At(func() time.Time { return now().Add(skew) })
	l.ws.With("max_retries", pick(dice, 0, 0, 2)).With("sealing_key", nil)
	if dice.IntN(2) == 0 {
		l.key = acctest.SealingKey
		l.ws.With("sealing_key", l.key)
	}
	if dice.IntN(3) > 0 {
		l.journal = filepath.Join(t.TempDir(), "journal")
		l.ws.With("journal_path", l.journal)
	}
	l.ws.Within(l.context())
	l.registration(nil)
	l.tell("born with %s, journal %t, skew %s", encoded(l.banks), l.journal != "", skew)
	l.configure()
	return l
}

func (l *life) context() context.Context { return tflogtest.RootLogger(context.Background(), l.logs) }

func tempers() []sandbox.Temper {
	return []sandbox.Temper{
		{}, {Rotate: sandbox.RotateNever}, {Rotate: sandbox.RotateOnRead}, {Rotate: sandbox.RotateNever, OmitTokenOnRead: true},
		{Rotate: sandbox.RotateNever, MergeOnUpdate: true}, {Rotate: sandbox.RotateNever, PatchOnly: true}, {RotateSecret: true},
		{NoManagement: true, NoStatement: true, NoMutualTLS: true}, {UnauthorizedStatus: 400}, {SingleUseStatements: true}, {NoStatement: true, NoMutualTLS: true},
		{InitialAccessToken: "the-initial-access-token-of-a-bank"},
		{InitialAccessToken: "the-initial-access-token-of-a-bank", KeepUnknownMetadata: true},
		{CreatedStatus: 200}, {DeleteStatus: 200, PrintableClientIDs: true}, {SecretOnUpdate: "required"}, {CrossOriginManagement: false, SecretLifetime: 200 * 24 * time.Hour},
	}
}

func (l *life) tell(format string, args ...any) {
	l.story = append(l.story, fmt.Sprintf(format, args...))
}

// hear keeps what a run said.
func (l *life) hear(what string, r *acctest.Result) *acctest.Result {
	l.tell("%s: %v, %d errors, %d warnings", what, r.Actions, len(r.Errors), len(r.Warnings))
	for _, text := range slices.Concat(r.Errors, r.Warnings) {
		l.said = append(l.said, text)
		if sent().MatchString(text) && !strings.Contains(text, "x-fapi-interaction-id") {
			l.tally.came("no id: "+strings.Join(strings.SplitN(text, ": ", 3)[1:2], ""), true)
			l.tell("  NO ID %s", text)
		}
		l.tell("  %.700s", strings.ReplaceAll(text, "\n", " "))
	}
	return r
}

// watcher tells the life of each request, before it is answered.
type watcher struct{ l *life }

// Enabled implements slog.Handler.
func (watcher) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (w watcher) Handle(_ context.Context, record slog.Record) error {
	watch := w.l.watch.Load()
	if watch == nil {
		return nil
	}
	fault := ""
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "fault" {
			fault = a.Value.String()
		}
		return true
	})
	(*watch)(fault)
	return nil
}

// WithAttrs implements slog.Handler.
func (w watcher) WithAttrs([]slog.Attr) slog.Handler { return w }

// WithGroup implements slog.Handler.
func (w watcher) WithGroup(string) slog.Handler { return w }

// pages are the files of the journal.
func (l *life) pages() map[string][]byte {
	out := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(l.journal, "*"))
	if err != nil || l.journal == "" {
		return out
	}
	for _, name := range names {
		if raw, err := os.ReadFile(name); err == nil {
			out[name] = raw
		}
	}
	return out
}

// turnBack makes the journal what it was.
func (l *life) turnBack(pages map[string][]byte) {
	for name := range l.pages() {
		if err := os.Remove(name); err != nil {
			l.t.Error(err)
		}
	}
	for name, raw := range pages {
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			l.t.Error(err)
		}
	}
}

// encoded leaves out what is not set.
func encoded(value any) []byte {
	out, err := json.Marshal(value)
	if err != nil {
		return []byte(err.Error())
	}
	return out
}
