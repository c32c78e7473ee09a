package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	keep := flag.Bool("keep", false, "leave the sandbox up after the demo, until Ctrl-C, and print how to use it by hand")
	sealed := flag.Bool("sealed", false, "show sealed secrets instead: nothing in state, plan and journal is in clear")
	cli := flag.String("cli", "", "the Terraform or OpenTofu to use, a path or a name in PATH; without it, the Terraform in PATH, or one installed for the run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *cli, *keep, *sealed)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\n%s %v\n", red("FAILED:"), err)
		os.Exit(1)
	}
}

// run performs the demo. Whatever it started is gone when it returns.
func run(ctx context.Context, cli string, keep, sealed bool) (err error) {
	started := time.Now()
	s, err := newStage(ctx, cli)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	performed := steps()
	if sealed {
		performed = sealedSteps()
	}
	for _, step := range performed {
		if err := step(ctx, s); err != nil {
			return err
		}
	}
	fmt.Printf("\n%s in %s.\n", green("Everything above was checked, at Terraform and at the servers,"), time.Since(started).Round(100*time.Millisecond))
	if keep {
		return s.stay(ctx)
	}
	return nil
}
