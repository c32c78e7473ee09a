package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// register registers the client, or takes over the one that an earlier run
// registered and no state has. With a journal, what is sent and what is
// answered is on disk before anything else happens.
func (r *Resource) register(ctx context.Context, plan Model, o order, diags *diag.Diagnostics) (*dcr.Registration, bool) {
	asked := o.asked()
	reg, replaced, ok := r.takeOver(ctx, plan, o, asked, diags)
	if reg != nil || !ok {
		return reg, ok
	}
	attempt, err := r.conn.Journal.Begin(o.endpoint.url, plan.Text("issuer"), asked)
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
func (r *Resource) takeOver(ctx context.Context, plan Model, o order, asked []byte, diags *diag.Diagnostics) (reg *dcr.Registration, replaced []journal.Entry, ok bool) {
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
		switch refused := diagnose.Refused(err); {
		case refused && dcr.Spoken(err) && plan.Text("on_unauthorized") == "recreate" && !plan.byClientCredentials() && !r.exists(ctx, plan.as(reg), err).Exists:
			replaced = append(replaced, entry)
			diags.AddWarning("A client of an earlier run is gone", leftBehind(entry)+" The server refuses its registration access token by now: "+sentence(err)+" Because of on_unauthorized = \"recreate\", another was registered in its place.\n\nIf the server's operator still finds the old one, have it removed.")
			continue
		case reg.ClientID == "" && !refused:
			diags.AddAttributeError(path.Root("on_unauthorized"), "A client of an earlier run cannot be taken over", leftBehind(entry)+" The server did not tell its client_id then, nor now:\n\n"+sentence(err)+"\n\n"+
				fmt.Sprintf("No other was registered. Apply again when the server answers. If it never tells, have its operator look for the client, and import it with its client_id in the import ID, or have it removed; then delete %s from the journal.", entry.File))
			return nil, nil, false
		case refused:
			diags.AddAttributeError(path.Root("on_unauthorized"), "A client of an earlier run cannot be taken over", plan.refusedToTakeOver(entry, plan.as(reg).outlived(r.now()), err))
			return nil, nil, false
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

// foretell tells a plan what the apply makes of registrations that asked for the same and that no
// state has: the latest that was answered it takes over; of one that was not, another comes on top.
func (m Model) foretell(left []journal.Entry, diags *diag.Diagnostics) {
	for _, entry := range left {
		if entry.Answered() {
			diags.AddWarning("A client of an earlier run is taken over by the apply", leftBehind(entry)+" The apply of one resource with this metadata takes it over, if the server still lets it be read, and registers no other for that one.")
			return
		}
		m.tellUnanswered(entry, "with the same metadata", diags)
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

// tellOthers names the clients that are left, which nothing else may ever name.
func (m Model) tellOthers(others []journal.Entry, why string, diags *diag.Diagnostics) {
	for _, entry := range others {
		if !entry.Answered() {
			m.tellUnanswered(entry, "", diags)
		} else {
			diags.AddWarning("The journal has another client of this server", leftBehind(entry)+" "+why+"\n\n"+
				fmt.Sprintf("If this resource's metadata was changed since, that is its old client: have it removed, or import it with the registration_client_uri and the token in %s instead. If another resource has it, the next plan of everything settles this.", entry.File))
		}
	}
}

// tellUnanswered names a registration of which nobody knows what became of it.
func (m Model) tellUnanswered(entry journal.Entry, like string, diags *diag.Diagnostics) {
	diags.AddWarning("An earlier registration at "+m.server()+" was never answered",
		fmt.Sprintf("The journal has a registration%s that was sent to %s at %s and never answered: a client may exist there that nobody can manage.\n\n"+
			"Ask the server's operator to look for it. Then delete %s from the journal, or this is told each time.", strings.TrimRight(" "+like, " "), entry.Endpoint, entry.SentAt.Format(time.RFC3339), entry.File))
}

// refusedToTakeOver words a client of an earlier run that the server refuses to speak about.
// One refusal of credentials may be for their age, or a server's that is not well, so that
// no other client is registered for it.
func (m Model) refusedToTakeOver(entry journal.Entry, outlived string, err error) string {
	if m.byClientCredentials() {
		return leftBehind(entry) + " The server refuses its credentials by now: " + sentence(err) + " It was removed, or its secret expired, or the server is not well. No other was registered.\n\n" +
			fmt.Sprintf("Apply again later. If it still exists, import it with credentials that are good. If the server's operator finds no such client any more, delete %s from the journal and apply again.", entry.File)
	}
	why, also := "It was removed, or its token replaced elsewhere.", ", or set on_unauthorized = \"recreate\", and apply again"
	switch {
	case outlived != "":
		why = outlived
	case !dcr.Spoken(err):
		why = "It was removed, or a gateway answered while its server is down: then apply again later."
	}
	if outlived != "" || !dcr.Spoken(err) || m.Text("on_unauthorized") == "recreate" {
		// It is set, or would not do it: something explains the refusal, or says that the client is there.
		also = " and apply again"
	}
	return leftBehind(entry) + " The server refuses its registration access token by now: " + sentence(err) + " " + why + " No other was registered.\n\n" +
		fmt.Sprintf("If it still exists, have the server's operator issue a new token for it, and import it. If it is gone, delete %s from the journal%s.", entry.File, also)
}

func leftBehind(entry journal.Entry) string {
	return fmt.Sprintf("The journal has client %q, which was registered at %s at %s, and which no plan has seen in a state.", entry.ClientID, entry.Endpoint, entry.SentAt.Format(time.RFC3339))
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

// trouble reports what the journal could not write. Nothing is undone for it:
// the state has what it would have.
func (r *Resource) trouble(diags *diag.Diagnostics) {
	if err := r.conn.Journal.Trouble(); err != nil {
		diags.AddWarning("The registration journal could not be read or written",
			fmt.Sprintf("%v.\n\nState has what the journal lacks once this run is applied, but not what only the journal heard. Make the folder of journal_path readable and writable, and mend or remove the file named, or the next crash may lose a registration.", err))
	}
}

func unwritable(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The registration journal cannot be used", fmt.Sprintf("%v.\n\nNothing was sent. %s", err, wayOut(err)))
}

// wayOut is the next step after trouble with the journal.
func wayOut(err error) string {
	if errors.Is(err, seal.ErrNoKey) || errors.Is(err, seal.ErrPublicOnly) {
		return "Keep the file: it may have the only token of a client. Give the key it was sealed with as sealing_key or in previous_sealing_keys."
	}
	return "Make the folder of the provider's journal_path readable and writable, and mend or remove the file named, or unset journal_path."
}
