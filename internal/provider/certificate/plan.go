package certificate

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// ModifyPlan checks what would be uploaded before anything is sent, and decides
// whether a successor is needed and whether a predecessor has to go.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var planned, configured, before types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &configured)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan, config := newModel(ctx, r.flavour, planned), newModel(ctx, r.flavour, configured)
	config.Values["type"], config.Values["application_id"] = plan.Values["type"], plan.Values["application_id"]
	if req.State.Raw.IsNull() {
		if resp.Diagnostics.Append(target().Preflight(r.conn, "have a "+r.flavour.noun+" issued")...); resp.Diagnostics.HasError() {
			return
		}
		r.lint(ctx, config, &resp.Diagnostics)
		return
	}
	state := newModel(ctx, r.flavour, before)
	// A replacement is planned a second time as a creation, which is where the request is checked.
	if fw.Changed(plan.Values, state.Values, "application_id", "type") {
		return
	}
	var remembered memory
	resp.Diagnostics.Append(fw.Recall(ctx, req.Private, memoryKey, &remembered)...)
	plan.checkLifetime(state, remembered.IssuedAt, &resp.Diagnostics)
	had := func(name string) bool { return fw.Configured(ctx, req.Private, name) }
	switch changed := config.rekeyed(state, had); {
	case changed != "":
		r.lint(ctx, config, &resp.Diagnostics)
		plan.succession(config)
	case state.inactive() && config.given() != "":
		resp.Diagnostics.Append(r.flavour.useless(config.given(), state))
		plan.keep(config, state)
	case state.inactive(), plan.renews(config, state):
		r.flavour.advisePassing(config, state, &resp.Diagnostics)
		plan.succession(config)
	default:
		plan.keep(config, state)
		r.flavour.advise(config, state, &resp.Diagnostics)
		if remembered.Overdue {
			plan.Values["previous"] = types.ListUnknown(types.ObjectType{AttrTypes: predecessorTypes()})
		}
	}
	if plan.Values["kid"].IsUnknown() || plan.Values["previous"].IsUnknown() {
		resp.Diagnostics.Append(target().Preflight(r.conn, "renew the "+r.flavour.noun)...)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan.Planned())...)
}

// memory is what private state keeps of a certificate or key.
type memory struct {
	// Overdue is set when the last refresh found that a predecessor's overlap has
	// ended. A plan goes by that and not by the clock: Terraform plans again when
	// it applies, and must come to the same.
	Overdue bool `json:"overdue,omitempty"`
	// IssuedAt is when the provider had it issued, by its own clock.
	IssuedAt time.Time `json:"issued_at,omitzero"`
}

const memoryKey = "certificate"

// useless words that what the user gave is no good any more, and that nobody
// but the user has another. It stops no plan, or it would stop that of a destroy.
func (f flavour) useless(input string, state Model) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root(input), fmt.Sprintf("The %s is no longer active", f.noun),
		fmt.Sprintf("The directory has %s as Inactive, or it has expired: it was revoked, or its time is over, or its application was deleted.\n\nThe directory would refuse the same once more, and the provider cannot make another.\n\nGive another in %s.", state.Text("kid"), input))
}

// advisePassing tells that a renewal is for a key that only this run has.
func (f flavour) advisePassing(config, state Model, diags *diag.Diagnostics) {
	const input = "csr_pem_wo"
	if passing, has := config.Values[input]; !has || passing.IsNull() {
		return
	}
	diags.AddAttributeWarning(path.Root(input), fmt.Sprintf("The %s is renewed for the key of this run", f.noun),
		fmt.Sprintf("%s is due for renewal, or no longer active, and the certificate request in %s is not kept: if it is of a key that each run makes anew, such as that of dcr_key_pair, the successor is for the key of the run that applies this.\n\n"+
			"Whatever keeps that key has to write it in the same apply: give it the certificate's kid as version. With a number that stays the same, the new key is thrown away, and the old certificate is revoked when its overlap ends.", state.Text("kid"), input))
}

// advise tells of what the provider cannot do about what it keeps.
func (f flavour) advise(config, state Model, diags *diag.Diagnostics) {
	ready, _ := state.Values["ready_for_renewal"].(types.Bool)
	if ready.ValueBool() && config.given() == "certificate_pem" {
		diags.AddAttributeWarning(path.Root("certificate_pem"), "The certificate has to be renewed by its authority",
			fmt.Sprintf("It expires at %s. It was issued elsewhere, so the provider cannot renew it.\n\nHave the authority issue another and give that.", state.Text("not_after")))
	}
	if !config.Values["private_key"].IsNull() && state.Values["private_key"].IsNull() {
		diags.AddAttributeWarning(path.Root("private_key"), fmt.Sprintf("The private key of the imported %s is not known", f.noun),
			fmt.Sprintf("The directory never had it, so private_key_pem stays null, and what is in use stays as it is: algorithm and subject of the configuration count from the next %s on.", f.noun))
	}
}

func (r *Resource) now() time.Time {
	if r.conn == nil {
		return time.Time{}
	}
	return r.conn.Now()
}

// renews reports whether the last refresh found a renewal due that the provider
// can do. Of a certificate issued elsewhere it cannot.
func (m Model) renews(config, state Model) bool {
	ready, _ := state.Values["ready_for_renewal"].(types.Bool)
	return !m.flavour.bare && config.given() == "" && ready.ValueBool()
}

// succession makes unknown what a successor brings.
func (m Model) succession(config Model) {
	for name := range m.flavour.issued() {
		m.Values[name] = fw.UnknownOf(m.Types[name])
	}
	for _, name := range []string{"certificate_pem", "public_key_pem"} {
		if value, ok := config.Values[name]; ok && value.IsNull() {
			m.Values[name] = types.StringUnknown()
		}
	}
	if config.Values["private_key"].IsNull() {
		m.Values["private_key_pem"] = types.StringNull()
	}
}

// keep takes over from the state what stays as it is. The same request or key in
// another form is no change.
func (m Model) keep(config, state Model) {
	for name := range m.flavour.issued() {
		m.Values[name] = state.Values[name]
	}
	if config.Values["private_key"].IsNull() {
		m.Values["private_key_pem"] = types.StringNull()
	}
	for _, name := range []string{"certificate_pem", "public_key_pem", "csr_pem"} {
		if value, ok := config.Values[name]; ok && (value.IsNull() && name != "csr_pem" || fw.Known(value) && fw.Known(state.Values[name])) {
			m.Values[name] = state.Values[name]
		}
	}
}

// lint reports what a directory would refuse of the upload, at the attribute that it comes from.
func (r *Resource) lint(ctx context.Context, config Model, diags *diag.Diagnostics) {
	input := r.flavour.input()
	if value, ok := config.Values[requestOnce]; ok && !value.IsNull() {
		input = requestOnce
	}
	switch {
	case fw.Known(config.Values[input]) && r.flavour.bare:
		lintKey(config.Text(input), diags)
	case fw.Known(config.Values[input]):
		request, err := pki.ParseRequest(config.Text(input))
		if err != nil {
			diags.AddAttributeError(path.Root(input), "The certificate request cannot be read", fmt.Sprintf("%v.\n\nGive a PKCS#10 request in PEM form, as openssl req -new makes it.", err))
			return
		}
		var organisation *directory.Organisation
		if config.brazilian() {
			organisation = r.organisation(ctx)
		}
		rules := pki.RulesFor(config.Text("type"), config.holder(r.organisationID(), organisation))
		report(path.Root(input), "Make the request anew", pki.LintRequest(request, rules), diags)
	case input == requestOnce: // It is not known yet.
	case !r.flavour.bare && fw.Known(config.Values["certificate_pem"]):
		r.lintGiven(config, diags)
	case !r.flavour.bare && !config.Values["private_key"].IsNull():
		r.lintWish(ctx, config, diags)
	}
}

func (r *Resource) organisationID() string {
	if r.conn == nil {
		return ""
	}
	return r.conn.OrganisationID()
}

func lintKey(text string, diags *diag.Diagnostics) {
	at := path.Root("public_key_pem")
	key, err := pki.ParsePublicKey(text)
	if err != nil {
		diags.AddAttributeError(at, "The public key cannot be read", fmt.Sprintf("%v.\n\nGive a public key in PEM form, as openssl pkey -pubout makes it.", err))
		return
	}
	for _, finding := range pki.LintKey(key) {
		diags.AddAttributeError(at, "The directory would refuse the public key", finding.Message+".\n\nMake another key and plan again. Nothing was sent.")
	}
}

// lintGiven looks at a certificate that was issued elsewhere.
func (r *Resource) lintGiven(config Model, diags *diag.Diagnostics) {
	at := path.Root("certificate_pem")
	certificates, err := pki.ParseCertificates(config.Text("certificate_pem"))
	if err != nil {
		diags.AddAttributeError(at, "The certificate cannot be read", fmt.Sprintf("%v.\n\nGive the certificate in PEM form, as the authority issued it.", err))
		return
	}
	if leaf := certificates[0]; r.now().After(leaf.NotAfter) {
		diags.AddAttributeError(at, "The directory would refuse the certificate", fmt.Sprintf("It expired at %s.\n\nHave the authority issue another and plan again. Nothing was sent.", leaf.NotAfter.UTC().Format(time.RFC3339)))
	}
}

// lintWish checks the request that the provider would make by the Brazilian
// profile, with a key that is thrown away. Of other types only the deployment
// knows its own subject. What is not known yet is left to the apply.
func (r *Resource) lintWish(ctx context.Context, config Model, diags *diag.Diagnostics) {
	if config.brazilian() && config.FullyKnown("subject") {
		var missing []string
		for _, name := range []string{"common_name", "state_or_province"} {
			if config.part(name) == "" {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			diags.AddAttributeError(path.Root("subject"), subjectProblem, incomplete(missing))
			return
		}
	}
	value, err := config.Planned().ToTerraformValue(ctx)
	if err != nil || !value.IsFullyKnown() || !config.brazilian() {
		return
	}
	organisation := r.organisation(ctx)
	if organisation == nil {
		return
	}
	w := config.wish(r.organisationID(), organisation)
	if len(w.missing) > 0 {
		diags.AddAttributeError(path.Root("subject"), subjectProblem, incomplete(w.missing))
		return
	}
	key, err := pki.GenerateKey("ECDSA", 0)
	if err != nil {
		return
	}
	text, err := pki.NewRequestWithExtensions(key, w.subject, w.extensions)
	if err != nil {
		diags.AddAttributeError(path.Root("subject"), "The certificate request cannot be made", err.Error()+".")
		return
	}
	if request, err := pki.ParseRequest(text); err == nil {
		rules := pki.RulesFor(config.Text("type"), config.holder(r.organisationID(), organisation))
		report(path.Root("subject"), "Change the subject", pki.LintRequest(request, rules), diags)
	}
}

func report(at path.Path, next string, findings []pki.Finding, diags *diag.Diagnostics) {
	for _, finding := range findings {
		if finding.Advisory {
			diags.AddAttributeWarning(at, "The directory may refuse the certificate request", finding.Message)
			continue
		}
		diags.AddAttributeError(at, "The directory would refuse the certificate request", finding.Message+"\n\n"+next+" and plan again. Nothing was sent.")
	}
}
