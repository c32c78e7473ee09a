// Command terraform-provider-dcr is the Terraform provider plugin "dcr".
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

func main() {
	debug := flag.Bool("debug", false, "run so that a debugger can attach; prints the TF_REATTACH_PROVIDERS value to use")
	flag.Parse()
	// net/http logs what a server sends that nobody asked for, and that may be what it was sent.
	log.SetOutput(io.Discard)
	if err := serve(*debug); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err) // There is nowhere else to say it.
		os.Exit(1)
	}
}

// quiet turns off logs that nobody asked for. Without it the plugin libraries write a trace of every call to
// stderr, about 40 % of the provider's CPU time, and the provider a line for every request, and Terraform
// parses and drops them. Whoever turns logging on still gets all of it.
func quiet() error {
	if os.Getenv("TF_LOG") != "" || os.Getenv("TF_LOG_PROVIDER") != "" {
		return nil
	}
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER_DCR"} {
		if os.Getenv(name) == "" {
			if err := os.Setenv(name, "off"); err != nil {
				return err
			}
		}
	}
	return nil
}

func serve(debug bool) error {
	if err := quiet(); err != nil {
		return err
	}
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	var traffic provider.Traffic
	defer traffic.Summarise()
	return tf6server.Serve("registry.terraform.io/dcr-onboarding/dcr", provider.Server(release(), provider.Options{Traffic: &traffic}), options...)
}
