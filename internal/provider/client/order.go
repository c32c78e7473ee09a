package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// order is everything a POST or PUT needs, gathered before it is sent.
type order struct {
	registrar *dcr.Client
	endpoint  endpoint
	metadata  dcr.Metadata
	statement *jws.Statement
	// attribute is where the statement comes from.
	attribute string
	redirects []string
}

func (o order) sent(now time.Time, registered Model) diagnose.Sent {
	sent := diagnose.Sent{Statement: o.statement, RedirectURIs: o.redirects, Now: now, StatementAttribute: o.attribute, SoftwareID: registered.softwareID()}
	if o.statement != nil {
		sent.Contradictions = dcr.Contradictions(o.metadata, o.statement.Claims)
	}
	return sent
}

// softwareID is the one the server has registered, empty if it told none.
func (m Model) softwareID() string {
	var registered struct {
		SoftwareID string `json:"software_id"`
	}
	if json.Unmarshal([]byte(m.Text("registered_metadata")), &registered) != nil {
		return ""
	}
	return registered.SoftwareID
}

// prepare gathers what a registration needs; what cannot be had is reported.
func (r *Resource) prepare(ctx context.Context, plan Model, diags *diag.Diagnostics) (order, bool) {
	client, err := r.http(plan)
	if err != nil {
		diags.Append(plan.target().Diagnostic(err, "register the client"))
		return order{}, false
	}
	place, err := r.locate(ctx, client, plan)
	if err != nil {
		diags.Append(plan.undiscovered(err))
		return order{}, false
	}
	o := order{registrar: r.conn.Registrar(client, place.origins, place.outside), endpoint: place}
	return o, r.fill(ctx, &o, plan, diags) && r.sign(&o, plan, diags)
}

// reprepare gathers what an update needs.
func (r *Resource) reprepare(ctx context.Context, plan Model, remembered memory, diags *diag.Diagnostics) (order, bool) {
	registrar, err := r.manager(plan, remembered)
	if err != nil {
		diags.Append(plan.target().Diagnostic(err, "update the client"))
		return order{}, false
	}
	o := order{registrar: registrar}
	return o, r.fill(ctx, &o, plan, diags) && r.sign(&o, plan, diags)
}

// sign has the requests signed, where the server wants that.
func (r *Resource) sign(o *order, plan Model, diags *diag.Diagnostics) bool {
	signing, problem := r.signing(plan, o.statement)
	if problem != nil {
		diags.Append(problem)
		return false
	}
	o.registrar = o.registrar.Signed(signing)
	return true
}

// fill adds the metadata and a statement young enough to be accepted.
func (r *Resource) fill(ctx context.Context, o *order, plan Model, diags *diag.Diagnostics) bool {
	o.metadata = plan.request()
	o.redirects = fw.Texts(o.metadata["redirect_uris"])
	given, attribute := plan.statement()
	if given == "" {
		return true
	}
	at := path.Root(attribute)
	statement, err := jws.Parse(given)
	if err != nil {
		diags.AddAttributeError(at, "The software statement cannot be read", fmt.Sprintf("%v.\n\nGive a signed JWT, usually dcr_software_statement.x.assertion.", err))
		return false
	}
	fresh, note, err := r.fresh(ctx, plan, statement)
	if err != nil {
		problem, _ := diagnose.Directory(nil).Unissued(ctx, r.conn, statement.SoftwareID, err, "issue a fresh software statement for the registration")
		diags.Append(diag.WithPath(at, problem))
		return false
	}
	if note != "" {
		diags.AddAttributeWarning(at, "The software statement may be too old", note)
	}
	o.statement, o.attribute = fresh, attribute
	o.metadata.Set("software_statement", fresh.Token)
	return true
}

// fresh is the statement to send: one that all clients of the run share, or one
// of the client's own where the server takes each only once.
func (r *Resource) fresh(ctx context.Context, plan Model, given *jws.Statement) (*jws.Statement, string, error) {
	if plan.Text("software_statement_use") == useSingle {
		unused, err := r.conn.Statements.Unused(ctx, given)
		return unused, "", err
	}
	return r.conn.Statements.Fresh(ctx, given, plan.maxAge())
}

func (m Model) undiscovered(err error) diag.Diagnostic {
	var none *noRegistrationError
	if errors.As(err, &none) {
		return diag.NewAttributeErrorDiagnostic(path.Root("issuer"), "The authorization server publishes no registration endpoint",
			fmt.Sprintf("The discovery document of %s has no registration_endpoint.\n\n"+
				"Some servers offer dynamic client registration without publishing it.\n\n"+
				"Set registration_endpoint if you know it; otherwise the server does not take registrations.", none.issuer))
	}
	return m.target().Discovery(err, m.Text("issuer"))
}

func (r *Resource) initialAccessToken(m Model) rest.Secret {
	if own := cmp.Or(rest.Secret(m.writeOnly.token), m.secret("initial_access_token")); !own.Empty() {
		return own
	}
	return r.conn.Registration.InitialAccessToken
}

// replaced applies the answer to a PUT. The answer's metadata is what the
// server says it registered; verify corrects it where a read is possible.
func (m Model) replaced(state Model, reg *dcr.Registration, remembered *memory) {
	m.carry(state)
	remembered.Imported, remembered.Moved, remembered.Adopted = false, false, false
	if reg.Empty {
		return
	}
	m.identify(reg)
	m.describe(reg.Metadata)
	remembered.remember(m.request(), reg.Metadata)
}

// verify reads the registration back inside apply, where a token that the
// read replaces is kept, and so learns whether reading replaces it. Nothing
// here may fail: the client exists.
func (r *Resource) verify(ctx context.Context, m Model, remembered *memory, registrar *dcr.Client, diags *diag.Diagnostics) {
	switch {
	case !m.manageable():
		given, way := m.missing()
		diags.AddWarning("The registration cannot be managed",
			"The authorization server gave "+given+" (RFC 7592 §3).\n\n"+
				way+"The client is registered and in state, but it cannot be read, updated or removed from here. If the server lets clients manage themselves, as in Open Banking UK and Australia, set management_auth = \"client_credentials\". To destroy it otherwise, set deletion_policy = \"abandon\" and have the server's operator remove it.")
		return
	case m.Text("refresh") == "never" || remembered.RotatesOnRead && m.Text("refresh") != "always":
		return
	}
	reg, err := newest(ctx, r, m, m, func(management dcr.Management) (*dcr.Registration, error) {
		management.Stable = management.Stable || remembered.stays()
		return registrar.ReadBack(ctx, management)
	})
	before := m.secret("registration_access_token")
	remembered.Unreadable = dcr.Unsupported(err)
	if err != nil {
		r.missed(m, remembered)
		problem := m.target().Registration(err, "read the registration back", diagnose.Sent{Now: r.conn.Now()})
		diags.AddWarning("The registration could not be read back", "The client is registered and in state; only the verification failed.\n\n"+problem.Summary()+"\n\n"+problem.Detail())
		return
	}
	m.identify(reg)
	r.took(m, remembered)
	remembered.Learnt, remembered.RotatesOnRead = true, remembered.RotatesOnRead || m.rotated(reg, before)
	m.describe(reg.Metadata)
	remembered.remember(m.request(), reg.Metadata)
}

// reportOverrides tells what the server registered otherwise than asked, as
// on_override wants. At creation nothing is worse than a warning.
func (m Model) reportOverrides(remembered memory, worst diag.Severity, diags *diag.Diagnostics) {
	requested, registered := dcr.Metadata{}, dcr.Metadata{}
	for name, p := range remembered.Pairs {
		requested[name] = p.Requested
		if len(p.Registered) > 0 {
			registered[name] = p.Registered
		}
	}
	lines := overrides(requested, registered, m.show)
	policy := m.Text("on_override")
	if weak := weakened(requested, registered, m.show); weak != "" && policy == "ignore" {
		diags.AddWarning("The authorization server registered less security than asked for",
			weak+"\n\nThis is told even with on_override = \"ignore\". If it is as intended, set the attributes to the registered values.")
	}
	if lines == "" || policy == "ignore" {
		return
	}
	summary := "The authorization server registered other values than asked for"
	detail := lines + "\n\nA server may do so (RFC 7591 §3.2.1); a software statement's claims also win over plain members. This is not drift: the plan stays empty until the server's values move.\n\n" +
		"If it is as intended, set the attributes to the registered values, or on_override = \"ignore\"."
	if policy == "error" && worst == diag.SeverityError {
		diags.AddError(summary, detail)
		return
	}
	diags.AddWarning(summary, detail)
}

// notes passes on what is odd about an answer.
func notes(reg *dcr.Registration, diags *diag.Diagnostics) {
	for _, note := range reg.Notes {
		diags.AddWarning("The authorization server's answer is unusual", note)
	}
}
