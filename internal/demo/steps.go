package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

const (
	callback = "https://planner.example.com/callback"
	mobile   = "https://planner.example.com/mobile"
	added    = "https://planner.example.com/tablet"
)

func steps() []func(context.Context, *stage) error {
	return []func(context.Context, *stage) error{onboard, outputs, unchanged, drift, propagate, destroy}
}

func onboard(ctx context.Context, s *stage) error {
	title("1. One apply, from nothing to registered clients")
	say("examples/onboarding: application with roles → transport certificate → software statement → a client at each bank.")
	if _, err := s.must(ctx, 0, "init"); err != nil {
		return err
	}
	out, err := s.apply(ctx)
	if err != nil {
		return err
	}
	quote(progress(out))
	o, err := s.objects(ctx)
	if err != nil {
		return err
	}
	if err := o.registered([]string{callback, mobile}); err != nil {
		return err
	}
	if len(o.Applications) != 1 || !o.Applications[0].Locked {
		return errors.New("the directory does not hold exactly one application, locked by its statement")
	}
	verdict("The directory holds the application, locked by its statement, and each bank holds one client.")
	return nil
}

func outputs(ctx context.Context, s *stage) error {
	title("2. The outputs")
	out, err := s.must(ctx, 0, "output")
	if err != nil {
		return err
	}
	quote(out)
	return nil
}

func unchanged(ctx context.Context, s *stage) error {
	title("3. A second plan has nothing to do")
	out, err := s.must(ctx, 0, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	quote(changes(out))
	verdict("Exit code 0: no changes, although the banks reorder, deduplicate and add defaults to what they are told.")
	return nil
}

func drift(ctx context.Context, s *stage) error {
	title("4. Someone edits behind Terraform's back, at the directory and at a bank")
	before, err := s.objects(ctx)
	if err != nil {
		return err
	}
	app := before.Applications[0].ID
	say("At the directory: a redirect URI of the application is removed. At bank-2: the client is renamed.")
	if err := s.control(ctx, http.MethodPatch, "/applications/"+app, map[string]any{"RedirectUri": []string{callback}}, nil); err != nil {
		return err
	}
	if err := s.editClient(ctx, "bank-2", before.Registrations["bank-2"][0].ID, map[string]any{"client_name": "Renamed by someone"}); err != nil {
		return err
	}
	out, err := s.must(ctx, 2, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	quote(changes(out))
	for _, wanted := range []string{"dcr_application.this", `dcr_client.bank["bank-2"]`, "Renamed by someone", mobile} {
		if !strings.Contains(out, wanted) {
			return fmt.Errorf("the plan does not show %s", wanted)
		}
	}
	verdict("Exit code 2: both edits are found. This is what a scheduled CI plan alarms on.")
	if _, err := s.apply(ctx); err != nil {
		return err
	}
	if _, err := s.must(ctx, 0, "plan", "-detailed-exitcode"); err != nil {
		return err
	}
	after, err := s.objects(ctx)
	if err != nil {
		return err
	}
	repaired := after.Registrations["bank-2"][0]
	if repaired.ID != before.Registrations["bank-2"][0].ID || repaired.Name == "Renamed by someone" || !same(after.Applications[0].RedirectURIs, []string{callback, mobile}) {
		return errors.New("the apply did not repair both edits in place")
	}
	verdict("One apply repaired both, in place: the client at bank-2 kept its client_id, and with it every consent.")
	return nil
}

func propagate(ctx context.Context, s *stage) error {
	title("5. A redirect URI added in one place reaches every bank in one apply")
	if err := s.set("redirect_uris", []string{callback, mobile, added}); err != nil {
		return err
	}
	say("terraform.tfvars.json: redirect_uris gets %s", added)
	out, err := s.must(ctx, 2, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	quote(changes(out))
	if out, err = s.apply(ctx); err != nil {
		return err
	}
	quote(progress(out))
	o, err := s.objects(ctx)
	if err != nil {
		return err
	}
	if err := o.registered([]string{callback, mobile, added}); err != nil {
		return err
	}
	if _, err := s.must(ctx, 0, "plan", "-detailed-exitcode"); err != nil {
		return err
	}
	verdict("Application, a new statement, and every bank's client, in one apply; the next plan is empty.")
	return nil
}

func destroy(ctx context.Context, s *stage) error {
	title("6. Destroy, verified at the servers")
	out, err := s.must(ctx, 0, "destroy", "-auto-approve")
	if err != nil {
		return err
	}
	quote(progress(out))
	o, err := s.objects(ctx)
	if err != nil {
		return err
	}
	for bank, clients := range o.Registrations {
		if len(clients) != 0 {
			return fmt.Errorf("%s still holds %d clients", bank, len(clients))
		}
	}
	for _, app := range o.Applications {
		if app.Status != "Inactive" {
			return fmt.Errorf("the application is %s", app.Status)
		}
		for _, certificate := range app.Certificates {
			if certificate.Status != "Inactive" {
				return fmt.Errorf("a certificate is %s", certificate.Status)
			}
		}
	}
	verdict("No bank holds a client any more; the directory has the application and its certificate as Inactive, which is as far as it deletes.")
	return nil
}

// set changes one variable of the configuration.
func (s *stage) set(name string, value any) error {
	raw, err := os.ReadFile(filepath.Join(s.work, "terraform.tfvars.json"))
	if err != nil {
		return err
	}
	values := map[string]any{}
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	values[name] = value
	return s.vars(values)
}
