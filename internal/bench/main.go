// Command bench measures what a run of Terraform costs with this provider, with
// the least a provider of the plugin framework can do, with six attributes (floor)
// and with as many as dcr_client has (wide), and with builtin terraform_data: side
// by side and in turns in one run, so that the ratios mean something on any
// machine. It never fails for a time; it fails if more requests were sent than a
// step needs.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// plan is what a run of the benchmarks does.
type plan struct {
	counts, parallelisms []int
	latencies            []time.Duration
	repeat               int
	cli, out             string
}

func main() {
	if wrapped, code := wrap(); wrapped {
		os.Exit(code)
	}
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure() error {
	var p plan
	counts := flag.String("n", "500", "numbers of clients")
	latencies := flag.String("latency", "0s 50ms", "latencies of the server")
	parallelisms := flag.String("parallelism", "10", "values of -parallelism")
	flag.IntVar(&p.repeat, "repeat", 3, "how often each is done; medians are shown")
	flag.StringVar(&p.cli, "cli", "terraform", "the Terraform or OpenTofu to run")
	flag.StringVar(&p.out, "out", "bin/bench.json", "where all numbers are written")
	flag.Parse()
	for _, text := range strings.Fields(*counts) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		p.counts = append(p.counts, n)
	}
	for _, text := range strings.Fields(*parallelisms) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		p.parallelisms = append(p.parallelisms, n)
	}
	for _, text := range strings.Fields(*latencies) {
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		p.latencies = append(p.latencies, d)
	}
	return p.measure()
}

// measure goes through all combinations.
func (p plan) measure() error {
	folder, err := os.MkdirTemp("", "dcr-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	b := &bench{folder: folder, cli: p.cli}
	if err := b.build(); err != nil {
		return err
	}
	start, err := b.starts()
	if err != nil {
		return err
	}
	report := report{Start: start, Binary: b.sizes, Attributes: b.attributes}
	for _, n := range p.counts {
		for _, latency := range p.latencies {
			for _, parallelism := range p.parallelisms {
				setting := setting{N: n, Latency: latency, Parallelism: parallelism}
				results, err := b.compare(setting, p.repeat)
				if err != nil {
					return err
				}
				report.Settings = append(report.Settings, summary(setting, results))
			}
		}
	}
	report.print(os.Stdout)
	if err := os.MkdirAll(filepath.Dir(p.out), 0o750); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(p.out, append(raw, '\n'), 0o600)
}
