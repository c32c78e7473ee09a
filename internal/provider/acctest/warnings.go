package acctest

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

// Warnings collects the warnings a provider gives, which the test framework
// does not look at.
type Warnings struct {
	mu    sync.Mutex
	texts []string
}

// Factories returns the provider, in process, with its warnings collected.
func (w *Warnings) Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	out := Factories()
	for name, factory := range out {
		out[name] = func() (tfprotov6.ProviderServer, error) {
			server, err := factory()
			return &listener{ProviderServer: server, warnings: w}, err
		}
	}
	return out
}

// Check checks that a warning was given since the last check, and forgets all.
func (w *Warnings) Check(pattern *regexp.Regexp) resource.TestCheckFunc {
	return func(*terraform.State) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		given := w.texts
		w.texts = nil
		for _, text := range given {
			if pattern.MatchString(text) {
				return nil
			}
		}
		return fmt.Errorf("no warning matches %s, given were %q", pattern, given)
	}
}

// None checks that no warning was given since the last check.
func (w *Warnings) None(*terraform.State) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	given := w.texts
	w.texts = nil
	if len(given) > 0 {
		return fmt.Errorf("warnings were given: %q", given)
	}
	return nil
}

func (w *Warnings) add(diagnostics []*tfprotov6.Diagnostic) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityWarning {
			w.texts = append(w.texts, fmt.Sprintf("%s\n%s\n%s", d.Attribute, d.Summary, d.Detail))
		}
	}
}

// listener passes every call on and keeps the warnings of those about resources.
type listener struct {
	tfprotov6.ProviderServer
	warnings *Warnings
}

// ReadResource implements tfprotov6.ProviderServer.
func (l *listener) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := l.ProviderServer.ReadResource(ctx, req)
	if resp != nil {
		l.warnings.add(resp.Diagnostics)
	}
	return resp, err
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (l *listener) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := l.ProviderServer.PlanResourceChange(ctx, req)
	if resp != nil {
		l.warnings.add(resp.Diagnostics)
	}
	return resp, err
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (l *listener) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := l.ProviderServer.ApplyResourceChange(ctx, req)
	if resp != nil {
		l.warnings.add(resp.Diagnostics)
	}
	return resp, err
}
