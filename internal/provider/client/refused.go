package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// unread reports a failed read and keeps state. What a refused token means is
// for on_unauthorized to say: the state's value removes the client from state,
// and everything else is left to the plan, which knows the configuration's.
func (r *Resource) unread(ctx context.Context, err error, state Model, remembered memory, resp *resource.ReadResponse) {
	r.trouble(&resp.Diagnostics)
	target := state.target()
	if !diagnose.Refused(err) {
		problem := target.Registration(err, "read the registration", diagnose.Sent{Now: r.conn.Now()})
		if (goesOn(err, state) || r.unlisted(err)) && state.Text("client_id") != "" {
			remembered.Unreadable, remembered.Tried = dcr.Unsupported(err), true
			if remembered.Refused != nil {
				remembered.Refused.Unasked = true
			}
			problem = diag.NewWarningDiagnostic("Drift was not looked for", problem.Summary()+"\n\n"+problem.Detail()+"\n\nState is taken to be true for this plan.")
			resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
		} else if away(err) && !remembered.neverRead() {
			problem = diagnose.Again(problem, "To plan without this server until it is back, use -refresh=false, or set refresh = \"never\" and run terraform apply -refresh=false, which records it: a refresh knows the value of the last apply only.")
		}
		resp.Diagnostics.Append(problem)
		return
	}
	if remembered.neverRead() && state.Text("on_unauthorized") == "error" {
		// An error keeps what cannot be managed out of state.
		resp.Diagnostics.Append(target.UnreadImport(err))
		return
	}
	r.lost(ctx, err, state, remembered, resp)
}

// lost carries out the state's on_unauthorized for a client that the server refuses to have managed.
func (r *Resource) lost(ctx context.Context, err error, state Model, remembered memory, resp *resource.ReadResponse) {
	probe := r.exists(ctx, state, err)
	known := probe.Exists && state.outlived(r.now()) == ""
	r.doubts(state, &remembered)
	r.trouble(&resp.Diagnostics)
	probe.Exists = probe.Exists || remembered.excused()
	if !known {
		probe.Sentence = strings.TrimSpace(probe.Sentence + " " + remembered.explained(state.byClientCredentials()))
	}
	// Nothing tells the client that is gone from the one whose token went with a plan.
	burnt := !probe.Exists && state.burns(remembered, r.conn.Journal)
	probe.Exists = probe.Exists || burnt
	target := state.target()
	target.Recreate = target.Recreate || probe.Exists
	refused := target.Lost(err)
	refused.Known = probe.Sentence
	warn := func(detail string) { resp.Diagnostics.AddAttributeWarning(target.Manages(), refused.Summary, detail) }
	expired := state.expired(r.now()) != ""
	switch policy, spoken := state.Text("on_unauthorized"), dcr.Spoken(err); {
	case policy == "recreate" && !probe.Exists && (!state.byClientCredentials() && (spoken || remembered.Refusals > 0) || remembered.Refused != nil && !expired):
		warn(refused.Detail("") + "\n\n" + state.recreating())
		r.conn.Journal.Refused(state.Text("client_id"), state.Text("registration_client_uri"))
		resp.State.RemoveResource(ctx)
		return
	case policy == "recreate" && !probe.Exists && !spoken:
		warn(refused.Detail(diagnose.Kept) + "\n\nA 404 without an error code may be that of a gateway whose server is down. Because of on_unauthorized = \"recreate\", the first apply records this; if the next run is answered likewise, the registration leaves state and a new client is planned.")
	case policy == "recreate" && !probe.Exists && !expired:
		warn(refused.Detail(diagnose.Kept) + "\n\nBecause of on_unauthorized = \"recreate\", the first apply records this, with the credentials there are then; if the next run is refused likewise, the registration leaves state and a new client is planned.")
	case policy == "recreate" && !probe.Exists:
		warn(refused.Detail(diagnose.Kept) + "\n\nNo new client is planned in spite of on_unauthorized = \"recreate\".")
	case policy == "warn":
		warn(refused.Detail(diagnose.Kept))
	default:
		warn(refused.Brief(diagnose.Kept))
	}
	remembered.Refused = &refusal{Told: refused.Detail(diagnose.Kept), Exists: probe.Exists, Known: known, Burnt: burnt}
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}

// unlisted reports whether an origin is not trusted only because the provider's
// list of origins is not known yet.
func (r *Resource) unlisted(err error) bool {
	var origin *dcr.OriginError
	return errors.As(err, &origin) && slices.Contains(r.conn.Registration.Unknown, "allowed_management_origins")
}

// away reports whether a server gave no answer, or one of a server that is failing.
func away(err error) bool {
	var (
		transport *rest.TransportError
		status    *rest.StatusError
	)
	return errors.As(err, &transport) && transport.Phase != rest.PhaseCancelled || errors.As(err, &status) && status.Status >= http.StatusInternalServerError
}

// goesOn reports whether a plan can do without this read: the server does not
// let registrations be read, or the credentials in state do not do, which the
// configuration may be about to replace.
func goesOn(err error, m Model) bool {
	var incapable *conn.IncapableError
	if errors.As(err, &incapable) {
		return true
	}
	var status *rest.StatusError
	if errors.As(err, &status) {
		return dcr.Unsupported(err) || status.Status == http.StatusForbidden ||
			status.Code == "invalid_client" && m.Text("client_certificate_pem") != ""
	}
	var transport *rest.TransportError
	return errors.As(err, &transport) && transport.Phase == rest.PhaseRefused && m.Text("client_certificate_pem") != ""
}

// decide stops a plan for a client whose token the server refuses, unless the
// configuration says otherwise.
func (m Model) decide(state Model, remembered memory, now time.Time, diags *diag.Diagnostics) {
	policy := m.Text("on_unauthorized")
	switch {
	case remembered.Refused == nil || m.Text("refresh") == "never" || policy == "warn":
		return
	case m.Text("deletion_policy") == "abandon":
		return
	case policy == "recreate" && !remembered.Refused.Exists:
		if state.Text("on_unauthorized") != "recreate" {
			diags.AddAttributeWarning(path.Root("on_unauthorized"), "The client is registered anew by the apply after this one",
				fmt.Sprintf("The authorization server refuses the token of client %q, and on_unauthorized = \"recreate\" is new. This apply records it; the refresh of the next one, if it is refused likewise, removes the client from state and plans another, which has another client_id: every consent given to the old one is lost.\n\n"+
					"Apply twice to have that. To keep the client, undo the change before you apply.", state.Text("client_id")))
		}
		return
	case (m.byClientCredentials() || state.byClientCredentials() || remembered.Refused.Unasked) && fw.Changed(m.Values, state.Values, accessAttributes()...),
		fw.Changed(m.Values, state.Values, "client_certificate_pem", "private_key_pem"):
		// It was refused, or could not be asked, with what the configuration is about to replace.
		return
	}
	told := remembered.Refused.Told + "\n\nTo forget the client here without removing it there, set deletion_policy = \"abandon\", apply, and destroy."
	const unlessGone = "If the server's operator finds no such client any more, run terraform state rm and apply, which registers another."
	why, unsure := remembered.keeps(state.outlived(now) != "", m.byClientCredentials())
	if policy == "recreate" {
		told += "\n\nNo new client is planned in spite of on_unauthorized = \"recreate\", because " + why
	}
	if unsure && remembered.Refused.Exists {
		told += "\n\n" + unlessGone
	}
	summary := diagnose.LostSummary
	if m.byClientCredentials() {
		summary = diagnose.UnheardSummary
	}
	diags.AddAttributeError(m.target().Manages(), summary, told)
}

// keeps says why no other client is registered in place of one that exists as far as is known, and
// whether it may be gone all the same.
func (m memory) keeps(outlived, own bool) (why string, unsure bool) {
	switch {
	case m.Refused.Known:
		return "the token endpoint knows this one.", false
	case outlived:
		return "a token that has expired does not tell of the client.", true
	case m.excused():
		return m.excuse(own), true
	}
	return "the server may replace the token when it is read: then a plan that was thrown away explains the refusal.", true
}

// survived reads a registration whose update was refused: that does not say that the
// client is gone, and here, where a token that reading replaces is kept, is the place to
// find out.
func (r *Resource) survived(ctx context.Context, o order, plan, state Model, remembered *memory, err error) bool {
	refusals, asked := remembered.Refusals, plan.known(state)
	remembered.Refusals = 0
	if diagnose.Refused(err) {
		r.doubts(asked, remembered)
	}
	if !diagnose.Refused(err) || plan.byClientCredentials() || state.byClientCredentials() {
		return false
	}
	before := state.secret("registration_access_token")
	reg, errRead := newest(ctx, r, state, state, func(m dcr.Management) (*dcr.Registration, error) {
		m.Stable = m.Stable || remembered.stays()
		return o.registrar.Read(ctx, m)
	})
	r.missed(asked, remembered)
	if errRead != nil {
		if diagnose.Refused(errRead) {
			// It was not for reading as such.
			remembered.Refusals, remembered.Unreadable = refusals, false
			if !remembered.excused() {
				remembered.Refusals++
			}
		}
		return false
	}
	state.identify(reg)
	r.took(asked, remembered)
	remembered.Learnt, remembered.RotatesOnRead = true, remembered.RotatesOnRead || state.rotated(reg, before)
	return true
}

// twice says when another client is registered in place of one that manages itself.
func (m Model) twice() string {
	told := "No other is registered in spite of on_unauthorized = \"recreate\", which is recorded, and acts once two refreshes in a row were refused: apply again, up to twice."
	if m.Text("refresh") == "never" {
		return told + " With refresh = \"never\" there are none: set refresh = \"auto\" as well."
	}
	return told
}

// givesUp carries out on_unauthorized = "recreate" where no plan may make sure by reading,
// because a plan that is discarded would lose the token it is answered with: once two
// applies in a row were refused the update and the read after it.
func (r *Resource) givesUp(ctx context.Context, state Model, remembered memory, resp *resource.ReadResponse) bool {
	if remembered.Refusals >= 2 {
		r.doubts(state, &remembered)
	}
	if remembered.Refusals < 2 || remembered.Unreadable || remembered.excused() || r.conn.Journal.Newer(state.management()) || state.Text("on_unauthorized") != "recreate" || state.Text("refresh") != "auto" ||
		!state.burns(remembered, r.conn.Journal) || r.exists(ctx, state, nil).Exists {
		return false
	}
	resp.Diagnostics.AddAttributeWarning(path.Root("registration_access_token"), diagnose.LostSummary,
		fmt.Sprintf("The last %d applies were refused, each its update of client %q and reading the registration after it. It was not read again, because the server may replace the token when it is read, and a plan could lose that.\n\n", remembered.Refusals, state.Text("client_id"))+
			state.recreating())
	r.conn.Journal.Refused(state.Text("client_id"), state.Text("registration_client_uri"))
	resp.State.RemoveResource(ctx)
	return true
}

// recreating tells what a refresh does because of on_unauthorized = "recreate".
func (m Model) recreating() string {
	return "Because of on_unauthorized = \"recreate\", the registration of client " + strconv.Quote(m.Text("client_id")) + " leaves state and a new client is planned. To keep it instead, set on_unauthorized = \"error\" and run terraform apply -refresh=false, which records that before the next refresh."
}
