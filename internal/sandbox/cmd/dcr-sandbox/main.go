// Command dcr-sandbox runs a whole trust framework on loopback: a directory, its keystore and
// certificate authority, and any number of authorization servers. It writes what a client needs
// into a folder, prints one line when everything listens, and ends on SIGTERM or SIGINT. What it
// tells beside that goes to stderr: start, address of the status page and end or, as JSON, every request too.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case errors.Is(err, errLogged):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "dcr-sandbox:", err)
		os.Exit(1)
	}
}

// errLogged ends the program after an error that its log has told already.
var errLogged = errors.New("told in the log")

// The formats of the log.
const (
	logText = "text" // for a person: start and end
	logJSON = "json" // for a machine: one object a line, every request included
)

// flags is the command line.
type flags struct {
	listen, out, rotate, faults, state, initialAccessToken, unlock, logFormat string
	directory                                                                 sandbox.DirectoryTemper
	servers                                                                   int
	latency, tokenLifetime, certificateLifetime                               time.Duration
	statements, mutualTLS, strictLock, hideDeleted, version                   bool
	chaos                                                                     float64
	seed                                                                      int64
}

// define puts the flags into a set; the guide on testing has a table of them.
func (f *flags) define(set *flag.FlagSet) {
	set.StringVar(&f.listen, "listen", "127.0.0.1:0", "base address; with a port other than 0 the ports are consecutive")
	set.IntVar(&f.servers, "authorization-servers", 3, "number of authorization servers")
	set.StringVar(&f.out, "out", "", "folder for sandbox.json, the PEM files and provider.tf (required)")
	set.StringVar(&f.rotate, "rotate", "on_update", "when registration access tokens rotate: never, on_update or on_read")
	set.DurationVar(&f.latency, "latency", 0, "delay of every answer")
	set.StringVar(&f.faults, "faults", "", "JSON file with one fault or an array of them")
	set.StringVar(&f.state, "state", "", "file in which everything survives a restart")
	set.StringVar(&f.logFormat, "log-format", logText, "log on stderr: text (start and end) or json (every request too, one object a line)")
	set.BoolVar(&f.statements, "statements", true, "authorization servers require a software statement")
	set.BoolVar(&f.mutualTLS, "mutual-tls", true, "authorization servers require a client certificate")
	set.StringVar(&f.initialAccessToken, "initial-access-token", "", "token the authorization servers require to register")
	set.BoolVar(&f.strictLock, "strict-lock", false, "a locked application refuses every change, even added redirect URIs")
	set.BoolVar(&f.hideDeleted, "hide-deleted", false, "a deleted application answers 404 instead of showing as Inactive")
	set.StringVar(&f.unlock, "unlock-allowed", sandbox.UnlockByAdministrator, "who may unlock: administrator or anyone")
	set.Func("directory", `JSON object that changes how the directory behaves, such as {"lock_allows_roles":true}`, func(text string) error {
		return json.Unmarshal([]byte(text), &f.directory)
	})
	set.DurationVar(&f.tokenLifetime, "token-lifetime", 0, "lifetime of the directory's access tokens (default 10m)")
	set.DurationVar(&f.certificateLifetime, "certificate-lifetime", 0, "validity of issued certificates (default 395 days)")
	set.Float64Var(&f.chaos, "chaos", 0, "rate from 0 to 1 of random recoverable faults")
	set.Int64Var(&f.seed, "seed", 0, "seed of odd paths and chaos; 0 is random")
	set.BoolVar(&f.version, "version", false, "print version and commit, and end")
}

func parseFlags(arguments []string, stderr io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("dcr-sandbox", flag.ContinueOnError)
	set.SetOutput(stderr)
	f.define(set)
	if err := set.Parse(arguments); err != nil {
		return f, fmt.Errorf("flags: %w", err)
	}
	switch {
	case f.version:
		return f, nil
	case set.NArg() > 0:
		return f, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case f.out == "":
		return f, errors.New("-out is required")
	case f.logFormat != logText && f.logFormat != logJSON:
		return f, fmt.Errorf("-log-format is text or json, not %q", f.logFormat)
	case f.servers < 0:
		return f, errors.New("-authorization-servers must not be negative")
	case f.chaos < 0 || f.chaos > 1:
		return f, errors.New("-chaos must be from 0 to 1")
	}
	return f, nil
}

func (f flags) options() sandbox.Options {
	servers := make([]sandbox.Temper, f.servers)
	for i := range servers {
		servers[i] = sandbox.Temper{
			Rotate: sandbox.Rotation(f.rotate), NoStatement: !f.statements, NoMutualTLS: !f.mutualTLS, InitialAccessToken: f.initialAccessToken,
		}
	}
	return sandbox.Options{
		Servers: servers, Seed: f.seed, Latency: f.latency, Listen: f.listen, StateFile: f.state,
		TokenLifetime: f.tokenLifetime, CertificateLifetime: f.certificateLifetime, Directory: f.directory,
		StrictLock: f.strictLock, HideDeleted: f.hideDeleted, UnlockAllowed: f.unlock,
	}
}

// allFaults are those of the file and the chaos of the command line.
func (f flags) allFaults() ([]sandbox.Fault, error) {
	var faults []sandbox.Fault
	if f.faults != "" {
		data, err := os.ReadFile(f.faults)
		if err != nil {
			return nil, fmt.Errorf("faults: %w", err)
		}
		if faults, err = sandbox.ParseFaults(data); err != nil {
			return nil, fmt.Errorf("faults: %w", err)
		}
	}
	if f.chaos > 0 {
		faults = append(faults, sandbox.Fault{Kind: sandbox.FaultChaos, Rate: f.chaos, Seed: uint64(f.seed)}) //nolint:gosec // Any bits will do.
	}
	return faults, nil
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) (err error) {
	f, err := parseFlags(arguments, stderr)
	if err != nil {
		return err
	}
	if f.version {
		if _, err := fmt.Fprintln(stdout, "dcr-sandbox", release()); err != nil {
			return fmt.Errorf("say the version: %w", err)
		}
		return nil
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	options := f.options()
	if f.logFormat == logJSON {
		log = slog.New(slog.NewJSONHandler(stderr, nil))
		options.Log = log
		defer func() {
			if err != nil {
				log.Error("failed", "error", err.Error())
				err = errLogged
			}
		}()
	}
	return serve(ctx, f, options, log, stdout)
}

// serve runs a sandbox until the context ends.
func serve(ctx context.Context, f flags, options sandbox.Options, log *slog.Logger, stdout io.Writer) (err error) {
	faults, err := f.allFaults()
	if err != nil {
		return err
	}
	sb, err := sandbox.Start(options)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() { err = errors.Join(err, sb.Close()) }()
	if err := sb.Arm(faults...); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	path, err := writeFiles(sb, f.out)
	if err != nil {
		return err
	}
	log.Info("listening", "status_page", sb.Info().ControlURL+"/", "control_url", sb.Info().ControlURL, "authorization_servers", f.servers, "chaos", f.chaos, "seed", f.seed)
	if _, err := fmt.Fprintln(stdout, "ready", path); err != nil {
		return fmt.Errorf("say ready: %w", err)
	}
	<-ctx.Done()
	log.Info("stopping")
	return nil
}
