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
	Start  map[string]time.Duration `json:"start_ns"`
	Binary map[string]int64         `json:"binary_bytes"`
	// Attributes are those of dcr_client, and of the wide floor.
	Attributes int        `json:"attributes"`
	Settings   []measured `json:"settings"`
}

// measured are the medians of one combination.
type measured struct {
	setting
	// Medians are by step and subject, and so is Noise, the spread of the walls: (most − least) / median.
	Medians map[string]map[string]result  `json:"medians"`
	Noise   map[string]map[string]float64 `json:"noise"`
	// Runs are all that the medians are of.
	Runs []result `json:"runs"`
}

func summary(s setting, results []result) measured {
	m := measured{setting: s, Runs: results, Medians: map[string]map[string]result{}, Noise: map[string]map[string]float64{}}
	for _, step := range steps() {
		m.Medians[step], m.Noise[step] = map[string]result{}, map[string]float64{}
		for _, subject := range subjects() {
			var some []result
			for _, r := range results {
				if r.Step == step && r.Subject == subject {
					some = append(some, r)
				}
			}
			m.Medians[step][subject] = median(some)
			m.Noise[step][subject] = spread(some)
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

// print writes what each step took beside both floors, each with its target.
func (r report) print(to io.Writer) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	defer func() { _ = table.Flush() }() // A table that cannot be printed has nowhere to say so.
	for _, m := range r.Settings {
		m.print(table)
	}
	_, _ = fmt.Fprintf(table, "\nstart until the schema is served, CPU above the floor's %d ms: %s ms (target ≤ 40)\n", r.Start[floor].Milliseconds(), held(float64((r.Start[ours]-r.Start[floor]).Milliseconds()), 40))
	_, _ = fmt.Fprintf(table, "binary: %s MB (target ≤ 30)\n", held(float64(r.Binary[ours])/1e6, 30))
	_, _ = fmt.Fprintf(table, "floor is the least a provider can do for a client of six attributes, wide the same for one of %d, as dcr_client has, without a validator or a default.\n", r.Attributes)
	_, _ = fmt.Fprintln(table, "Walls have in them, for all alike, Terraform itself, the server and the state backend, which run on the same cores; CPU and memory are the provider's alone.")
	_, _ = fmt.Fprintln(table, "Terraform's own CPU is for the attributes of a schema, whoever serves it: what the wall beside floor cannot come below.")
}

func (m measured) print(table io.Writer) {
	_, _ = fmt.Fprintf(table, "\n%d clients, latency %s, parallelism %d\n", m.N, m.Latency, m.Parallelism)
	_, _ = fmt.Fprintln(table, "step\tbeside\twall\ttarget\tprovider CPU\ttarget\tmemory\ttarget\tTerraform's own CPU\tits s\tits noise")
	for _, step := range steps() {
		wall := 1.15
		if step == "create" {
			wall = 1.4
		}
		own := m.Medians[step][ours]
		for _, beside := range []string{floor, wide} {
			least := m.Medians[step][beside]
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t≤ %.2f\t%s\t≤ 1.40\t%s\t≤ 1.30\t%.2f\t%.1f\t%s\n", step, beside,
				held(ratio(own.Wall.Seconds(), least.Wall.Seconds()), wall), wall, held(ratio(own.CPU.Seconds(), least.CPU.Seconds()), 1.4),
				held(ratio(float64(own.RSS), float64(least.RSS)), 1.3), ratio(own.Terraform.Seconds(), least.Terraform.Seconds()), least.Wall.Seconds(), m.noise(step, beside))
		}
	}
	_, _ = fmt.Fprintln(table, "\nstep\trequests each\tconnections\ts\tterraform_data s")
	for _, step := range steps() {
		own := m.Medians[step][ours]
		_, _ = fmt.Fprintf(table, "%s\t%.2f\t%s\t%.1f\t%.1f\n", step, float64(sum(own.Requests))/float64(m.N), most(own.Connections, askers(step)*(m.Parallelism+1)), own.Wall.Seconds(), m.Medians[step][builtin].Wall.Seconds())
	}
}

// noise is how far the walls of a subject were apart, which one run cannot say.
func (m measured) noise(step, subject string) string {
	if len(m.Runs) == len(steps())*len(subjects()) {
		return "one run"
	}
	return fmt.Sprintf("±%.0f %%", 50*m.Noise[step][subject])
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

func sum(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}
