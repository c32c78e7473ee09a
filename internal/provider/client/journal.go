package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// register registers the client, or takes over the one that an earlier run
// registered and no state has. With a journal, what is sent and what is
// answered is on disk before anything else happens.
func (r *Resource) register(ctx context.Context, plan Model, o order, remembered *memory, diags *diag.Diagnostics) (*dcr.Registration, bool) {
	asked := o.asked()
	reg, replaced, ok := r.takeOver(ctx, plan, o, asked, remembered, diags)
	if reg != nil || !ok {
		return reg, ok
	}
	attempt, err := r.conn.Journal.Begin(o.endpoint.url, plan.Text("issuer"), r.presents(plan), asked)
	if err != nil {
		diags.Append(unwritable(err))
		return nil, false
	}
	reg, err = o.registrar.Register(ctx, dcr.RegisterRequest{
		Endpoint: o.endpoint.url, InitialAccessToken: r.initialAccessToken(plan), Metadata: o.metadata, ManagesItself: plan.byClientCredentials(),
	})
	if reg != nil && plan.byClientCredentials() && reg.RegistrationClientURI == "" {
		reg.RegistrationClientURI = dcr.ConfigurationURI(o.endpoint.url, reg.ClientID)
	}
	var unsure *dcr.AmbiguousError
	switch {
	case errors.As(err, &unsure):
		attempt.Answered(unsure.Partial, nil)
	case err != nil:
		attempt.Refused()
	}
	if err != nil {
		diags.Append(plan.target().Registration(err, "register the client", o.sent(r.conn.Now(), plan)))
		r.trouble(diags)
		return nil, false
	}
	attempt.Answered(reg, fw.Marshal(reg.Metadata))
	if plan.replaceable() {
		// Nobody has fetched a token with a key of the client's yet. A secret is the server's own.
		remembered.proven(r.presents(plan))
	}
	for _, entry := range replaced {
		r.conn.Journal.Replaced(entry)
	}
	return reg, true
}

// asked is what tells this registration from others at the same endpoint. The
// statement differs each time; what it is about does not.
func (o order) asked() []byte {
	asked := o.metadata.Clone()
	if s := o.statement; s != nil {
		asked.Set("software_statement", []string{s.Issuer, s.SoftwareID, fmt.Sprint(s.Claims["org_id"])})
		if s.SoftwareID == "" {
			asked.Set("software_statement", s.Digest())
		}
	}
	return fw.Marshal(asked)
}

// takeOver finds what earlier runs left behind. A client that the server still
// lets be read is taken over, with the newest token heard; nil without one. One
// that it refuses is gone or out of reach, which only the user can decide: with
// on_unauthorized = "recreate" another is registered in its place.
func (r *Resource) takeOver(ctx context.Context, plan Model, o order, asked []byte, remembered *memory, diags *diag.Diagnostics) (reg *dcr.Registration, replaced []journal.Entry, ok bool) {
	left, others, err := r.conn.Journal.Left(plan.places(o.endpoint.all), asked)
	if err != nil {
		diags.Append(unwritable(err))
		return nil, nil, false
	}
	for i, entry := range left {
		if !entry.Answered() {
			plan.tellUnanswered(entry, "with the same metadata", diags)
			continue
		}
		if !r.conn.Journal.Claim(entry) {
			continue
		}
		reg, err := r.revive(ctx, plan, o.registrar, entry)
		excuse := r.excuses(plan.as(reg), entry)
		switch refused := diagnose.Refused(err); {
		case refused && dcr.Spoken(err) && plan.Text("on_unauthorized") == "recreate" && !plan.byClientCredentials() && excuse == "" && !r.exists(ctx, plan.as(reg), err).Exists:
			replaced = append(replaced, entry)
			diags.AddWarning("A client of an earlier run is gone", leftBehind(entry)+" The server refuses its registration access token by now: "+sentence(err)+" Because of on_unauthorized = \"recreate\", another was registered in its place.\n\nIf the server's operator still finds the old one, have it removed.")
			continue
		case reg.ClientID == "" && !refused:
			diags.AddAttributeError(path.Root("on_unauthorized"), "A client of an earlier run cannot be taken over", leftBehind(entry)+" The server did not tell its client_id then, nor now:\n\n"+sentence(err)+"\n\n"+
				fmt.Sprintf("No other was registered. Apply again when the server answers. If it never tells, have its operator look for the client, and import it with its client_id in the import ID, or have it removed; then delete %s from the journal.", entry.File))
			return nil, nil, false
		case refused:
			diags.AddAttributeError(path.Root("on_unauthorized"), "A client of an earlier run cannot be taken over", plan.refusedToTakeOver(entry, excuse, err))
			return nil, nil, false
		}
		switch {
		case err == nil:
			remembered.proven(r.presents(plan))
		case entry.Presented != "" && !plan.byClientCredentials():
			remembered.proven(entry.Presented)
		}
		diags.AddWarning("A client of an earlier run was taken over", leftBehind(entry)+" It is taken over, and no other was registered.\n\n"+
			"If another resource or another state has this client, stop here: run terraform state rm for this one, and give each state a journal of its own.")
		plan.tellOthers(slices.Concat(left[i+1:], others), "One client was taken over, and not this one.", diags)
		return reg, nil, true
	}
	plan.tellOthers(others, "It was asked for with other metadata, so it was not taken over.", diags)
	return nil, replaced, true
}

// places are what the journal knows the model's server by: the given endpoints, and the issuer.
func (m Model) places(endpoints []string) []string {
	return slices.DeleteFunc(append(slices.Clone(endpoints), m.Text("issuer")), func(place string) bool { return place == "" })
}

// foresee tells a plan of clients like the one that is to be registered: of one that no
// state has, which the apply takes over, and of those which a state has or had: if that was
// lost, nothing else would ever name them. The server is not asked: it may replace a token
// that another state has.
func (r *Resource) foresee(ctx context.Context, plan Model, diags *diag.Diagnostics) {
	if r.conn == nil || !r.conn.Journal.Given() || !plan.decided() {
		return
	}
	o := order{metadata: plan.request()}
	if given, _ := plan.statement(); given != "" {
		statement, err := jws.Parse(given)
		if err != nil {
			return
		}
		o.statement = statement
	}
	endpoints := []string{plan.Text("registration_endpoint")}
	// Entries of earlier versions have no issuer. What cannot be looked up, check tells.
	if server, err := r.look(ctx, plan); err == nil && server != nil {
		endpoints = append(endpoints, server.RegistrationEndpoint, server.MTLSEndpointAliases.RegistrationEndpoint)
	}
	places := plan.places(endpoints)
	// What cannot be read stops the apply before it registers anything.
	if left, _, err := r.conn.Journal.Left(places, o.asked()); err == nil {
		plan.foretell(left, diags)
	}
	for _, entry := range r.conn.Journal.Settled(places, o.asked()) {
		if r.conn.Holders.Held(entry.RegistrationClientURI, entry.ClientID) {
			continue
		}
		diags.AddWarning("The journal has another client with the same metadata",
			fmt.Sprintf("The journal has client %q, which was registered at %s at %s, and which a state had then. It is not taken over, because that state or another resource may have it still. If what is planned replaces it, all is well.\n\n"+
				"If none has it, because the state was lost, do not apply, which registers another: import that client, with its registration_client_uri %s as ID. The import finds its token in %s by itself, with the sealing key that the file was sealed with, if it was.",
				entry.ClientID, entry.Endpoint, entry.SentAt.Format(time.RFC3339), entry.RegistrationClientURI, entry.File))
	}
}

// decided reports whether everything is known that a registration asks for.
func (m Model) decided() bool {
	for _, name := range append(metadataNames(), "issuer", "registration_endpoint", "software_statement") {
		if !m.FullyKnown(name) {
			return false
		}
	}
	return true
}

// checkJournal tells at plan time that an apply could not keep what it registers.
func (r *Resource) checkJournal(diags *diag.Diagnostics) {
	if r.conn == nil {
		return
	}
	if err := r.conn.Journal.Unusable(); err != nil {
		diags.AddWarning("The registration journal cannot be written",
			fmt.Sprintf("%v.\n\nAn apply here stops before it registers a client, when other things of the configuration are done already. Make the folder of the provider's journal_path readable and writable first, or unset journal_path. If the apply runs on another machine, only the folder there matters.", err))
	}
}

// checkLeft tells a plan that an apply could not read what earlier runs left behind, and so would
// register nothing: too late for what is done before, which with a replacement is the removal.
func (r *Resource) checkLeft(diags *diag.Diagnostics) {
	if r.conn == nil || !r.conn.Journal.Given() {
		return
	}
	if _, _, err := r.conn.Journal.Left(nil, nil); err != nil && r.conn.Journal.Unusable() == nil {
		diags.AddWarning("The registration journal cannot be read",
			fmt.Sprintf("%v.\n\nAn apply here stops before it registers a client, when other things of the configuration are done already: a client that is to be replaced is removed by then. %s If the apply runs on another machine, only the folder there matters.", err, wayOut(err)))
	}
}

// revive makes a registration of an entry, as the server has it now if it says so.
func (r *Resource) revive(ctx context.Context, plan Model, registrar *dcr.Client, entry journal.Entry) (*dcr.Registration, error) {
	reg := &dcr.Registration{
		ClientID: entry.ClientID, ClientSecret: rest.Secret(entry.ClientSecret), RegistrationAccessToken: rest.Secret(entry.RegistrationAccessToken),
		RegistrationClientURI: entry.RegistrationClientURI, ClientIDIssuedAt: entry.ClientIDIssuedAt, ClientSecretExpiresAt: entry.ClientSecretExpiresAt, ExpirySaid: true,
	}
	// What cannot be read back into metadata is read from the server below.
	_ = json.Unmarshal(entry.Metadata, &reg.Metadata)
	management := dcr.Management{URI: reg.RegistrationClientURI, Token: reg.RegistrationAccessToken, ClientID: reg.ClientID}
	if newer, ok := r.conn.Journal.Newest(management); ok {
		reg.ClientID = cmp.Or(reg.ClientID, newer.ClientID)
		reg.RegistrationAccessToken = cmp.Or(rest.Secret(newer.RegistrationAccessToken), reg.RegistrationAccessToken)
		if newer.ClientSecret != "" {
			reg.ClientSecret, reg.ClientSecretExpiresAt = rest.Secret(newer.ClientSecret), newer.ClientSecretExpiresAt
		}
	}
	left := plan.as(reg)
	if !left.manageable() {
		return reg, nil
	}
	read, err := newest(ctx, r, left, left, func(m dcr.Management) (*dcr.Registration, error) { return registrar.Read(ctx, m) })
	if err != nil {
		return reg, err
	}
	reg.ClientID, reg.Metadata = read.ClientID, read.Metadata
	if !read.RegistrationAccessToken.Empty() {
		reg.RegistrationAccessToken = read.RegistrationAccessToken
	}
	if !read.ClientSecret.Empty() && (read.ExpirySaid || read.ClientSecret != reg.ClientSecret) {
		reg.ClientSecret, reg.ClientSecretExpiresAt = read.ClientSecret, read.ClientSecretExpiresAt
	}
	return reg, nil
}

// journalUpdate tells the journal what an update made of the client, by which it is found if the state is lost.
func (r *Resource) journalUpdate(plan Model, remembered memory, o order) {
	var endpoint string
	if len(remembered.Endpoints) > 0 {
		endpoint = remembered.Endpoints[0]
	}
	r.conn.Journal.Amended(plan.management(), endpoint, plan.Text("issuer"), o.asked())
}

// journalKnown tells the journal that a state has the client.
func (r *Resource) journalKnown(state Model) {
	if r.conn != nil {
		r.conn.Journal.Known(state.Text("client_id"), state.Text("registration_client_uri"))
	}
}
