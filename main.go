// Command terraform-provider-dcr is the Terraform provider plugin "dcr".
package main

import (
	"flag"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

func main() {
	debug := flag.Bool("debug", false, "run so that a debugger can attach; prints the TF_REATTACH_PROVIDERS value to use")
	flag.Parse()
	if err := serve(*debug); err != nil {
		log.Fatal(err)
	}
}

func serve(debug bool) error {
	// Without this the plugin libraries write a trace of every call to stderr, which Terraform parses and drops:
	// about 40 % of the provider's CPU time. Whoever turns logging on still gets all of it.
	if os.Getenv("TF_LOG") == "" && os.Getenv("TF_LOG_PROVIDER") == "" && os.Getenv("TF_LOG_SDK") == "" {
		if err := os.Setenv("TF_LOG_SDK", "off"); err != nil {
			return err
		}
	}
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	var traffic provider.Traffic
	defer traffic.Summarise()
	return tf6server.Serve("registry.terraform.io/dcr-onboarding/dcr", provider.Server(release(), provider.Options{Traffic: &traffic}), options...)
}
