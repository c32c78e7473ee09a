package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// report is all that was measured.
type report struct {
	// Start is the processor time until the schema is served, by subject, and Binary the size in bytes.
	Start    map[string]time.Duration `json:"start_ns"`
	Binary   map[string]int64         `json:"binary_bytes"`
	Settings []measured               `json:"settings"`
}

// measured are the medians of one combination.
type measured struct {
	setting
	// Medians are by step and subject; Noise is the spread of the floor's walls, (most − least) / median.
	Medians map[string]map[string]result `json:"medians"`
	Noise   map[string]float64           `json:"noise"`
	// Runs are all that the medians are of.
	Runs []result `json:"runs"`
}

func summary(s setting, results []result) measured {
	m := measured{setting: s, Runs: results, Medians: map[string]map[string]result{}, Noise: map[string]float64{}}
	for _, step := range steps() {
		m.Medians[step] = map[string]result{}
		for _, subject := range subjects() {
			var some []result
			for _, r := range results {
				if r.Step == step && r.Subject == subject {
					some = append(some, r)
				}
			}
			m.Medians[step][subject] = median(some)
			if subject == floor {
				m.Noise[step] = spread(some)
			}
		}
	}
	return m
}

func median(results []result) result {
	middle := func(less func(a, b result) int) result {
		sorted := slices.SortedFunc(slices.Values(results), less)
		return sorted[len(sorted)/2]
	}
	out := middle(func(a, b result) int { return int(a.Wall - b.Wall) })
	out.CPU = middle(func(a, b result) int { return int(a.CPU - b.CPU) }).CPU
	out.Terraform = middle(func(a, b result) int { return int(a.Terraform - b.Terraform) }).Terraform
	out.RSS = middle(func(a, b result) int { return int(a.RSS - b.RSS) }).RSS
	return out
}

func spread(results []result) float64 {
	least, most := results[0].Wall, results[0].Wall
	for _, r := range results {
		least, most = min(least, r.Wall), max(most, r.Wall)
	}
	return float64(most-least) / float64(median(results).Wall)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// print writes a table of ratios to the floor, each with its target.
func (r report) print(to io.Writer) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	defer func() { _ = table.Flush() }() // A table that cannot be printed has nowhere to say so.
	for _, m := range r.Settings {
		_, _ = fmt.Fprintf(table, "\n%d clients, latency %s, parallelism %d\n", m.N, m.Latency, m.Parallelism)
		_, _ = fmt.Fprintln(table, "step\twall, × floor\ttarget\tprovider CPU\ttarget\tmemory\ttarget\trequests each\tconnections\tTerraform's own CPU\tfloor s\tterraform_data s\tnoise of floor")
		for _, step := range steps() {
			own, least := m.Medians[step][ours], m.Medians[step][floor]
			wall := 1.15
			if step == "create" {
				wall = 1.4
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%s\t%.2f\t%.1f\t%.1f\t±%.0f %%\n", step,
				held(ratio(own.Wall.Seconds(), least.Wall.Seconds()), wall), limit(wall), held(ratio(own.CPU.Seconds(), least.CPU.Seconds()), 1.4), limit(1.4),
				held(ratio(float64(own.RSS), float64(least.RSS)), 1.3), limit(1.3), float64(sum(own.Requests))/float64(m.N), most(own.Connections, askers(step)*(m.Parallelism+1)),
				ratio(own.Terraform.Seconds(), least.Terraform.Seconds()), least.Wall.Seconds(), m.Medians[step][builtin].Wall.Seconds(), 50*m.Noise[step])
		}
	}
	_, _ = fmt.Fprintf(table, "\nstart until the schema is served, CPU above the floor's %d ms: %s ms (target ≤ 40)\n", r.Start[floor].Milliseconds(), held(float64((r.Start[ours]-r.Start[floor]).Milliseconds()), 40))
	_, _ = fmt.Fprintf(table, "binary: %s MB (target ≤ 30)\n", held(float64(r.Binary[ours])/1e6, 30))
	_, _ = fmt.Fprintln(table, "Walls have in them, for all alike, Terraform itself, the server and the state backend, which run on the same cores; CPU and memory are the provider's alone.")
	_, _ = fmt.Fprintln(table, "Terraform's own CPU, × that with the floor, is for the attributes of the schema: dcr_client has some hundred, the floor six. No provider can change it, and a wall cannot come below what it allows.")
}

// askers are the processes of the provider that ask the server in a step: Terraform
// plans with one and applies with another, and a creation has nothing to refresh.
func askers(step string) int {
	if step == "update" || step == "destroy" {
		return 2
	}
	return 1
}

func most(count, limit int) string {
	text := fmt.Sprintf("%d (≤ %d)", count, limit)
	if count > limit {
		text += " MISSED"
	}
	return text
}

func held(value, target float64) string {
	if value <= target {
		return fmt.Sprintf("%.2f", value)
	}
	return fmt.Sprintf("%.2f MISSED", value)
}

func limit(target float64) string { return fmt.Sprintf("≤ %.2f", target) }

func sum(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}
