package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// register registers the client, or takes over the one that an earlier run
// registered and no state has. With a journal, what is sent and what is
// answered is on disk before anything else happens.
func (r *Resource) register(ctx context.Context, plan Model, o order, diags *diag.Diagnostics) (*dcr.Registration, bool) {
	asked := o.asked()
	reg, ok := r.takeOver(ctx, plan, o, asked, diags)
	if reg != nil || !ok {
		return reg, ok
	}
	attempt, err := r.conn.Journal.Begin(o.endpoint.url, asked)
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
		diags.Append(plan.target().Registration(err, "register the client", o.sent(r.conn.Now())))
		r.trouble(diags)
		return nil, false
	}
	attempt.Answered(reg, fw.Marshal(reg.Metadata))
	return reg, true
}

// asked is what tells this registration from others at the same endpoint. The
// statement differs each time; what it is about does not.
func (o order) asked() []byte {
	asked := o.metadata.Clone()
	if o.statement != nil {
		asked.Set("software_statement", o.statement.SoftwareID)
	}
	return fw.Marshal(asked)
}

// takeOver finds what earlier runs left behind. A client that the server still
// lets be read is taken over, with the newest token heard; nil without one.
func (r *Resource) takeOver(ctx context.Context, plan Model, o order, asked []byte, diags *diag.Diagnostics) (*dcr.Registration, bool) {
	left, err := r.conn.Journal.Left(o.endpoint.url, asked)
	if err != nil {
		diags.Append(unwritable(err))
		return nil, false
	}
	for _, entry := range left {
		if !entry.Answered() {
			diags.AddWarning("An earlier registration was never answered",
				fmt.Sprintf("The journal has a registration with the same metadata that was sent to %s at %s and never answered: a client may exist there that nobody can manage.\n\n"+
					"Ask the server's operator to look for it. Then delete %s from the journal, or this is told each time.", entry.Endpoint, entry.SentAt.Format(time.RFC3339), entry.File))
			continue
		}
		if !r.conn.Journal.Claim(entry) {
			continue
		}
		reg, err := r.revive(ctx, plan, o.registrar, entry)
		if diagnose.Refused(err) {
			r.conn.Journal.Drop(entry)
			diags.AddWarning("A client of an earlier run is gone",
				fmt.Sprintf("The journal has client %q, which was registered at %s and never got into a state. The server refuses its registration access token by now: it was removed, or its token replaced elsewhere. Another client was registered.\n\n"+
					"If the server's operator still finds the old one, have it removed.", entry.ClientID, entry.AnsweredAt.Format(time.RFC3339)))
			continue
		}
		diags.AddWarning("A client of an earlier run was taken over",
			fmt.Sprintf("The journal has client %q, which was registered with the same metadata at %s, before that run ended without writing its state. It is taken over, and no other was registered.", entry.ClientID, entry.AnsweredAt.Format(time.RFC3339)))
		return reg, true
	}
	return nil, true
}

// revive makes a registration of an entry, as the server has it now if it says so.
func (r *Resource) revive(ctx context.Context, plan Model, registrar *dcr.Client, entry journal.Entry) (*dcr.Registration, error) {
	reg := &dcr.Registration{
		ClientID: entry.ClientID, ClientSecret: rest.Secret(entry.ClientSecret), RegistrationAccessToken: rest.Secret(entry.RegistrationAccessToken),
		RegistrationClientURI: entry.RegistrationClientURI, ClientIDIssuedAt: entry.ClientIDIssuedAt, ClientSecretExpiresAt: entry.ClientSecretExpiresAt,
	}
	// What cannot be read back into metadata is read from the server below.
	_ = json.Unmarshal(entry.Metadata, &reg.Metadata)
	management := dcr.Management{URI: reg.RegistrationClientURI, Token: reg.RegistrationAccessToken, ClientID: reg.ClientID}
	if token, ok := r.conn.Journal.Token(management); ok {
		management.Token, reg.RegistrationAccessToken = token, token
	}
	left := plan.as(reg)
	if !left.manageable() {
		return reg, nil
	}
	read, err := newest(ctx, r, left, left, func(m dcr.Management) (*dcr.Registration, error) { return registrar.Read(ctx, m) })
	if err != nil {
		return reg, err
	}
	reg.Metadata = read.Metadata
	if !read.RegistrationAccessToken.Empty() {
		reg.RegistrationAccessToken = read.RegistrationAccessToken
	}
	if !read.ClientSecret.Empty() {
		reg.ClientSecret, reg.ClientSecretExpiresAt = read.ClientSecret, read.ClientSecretExpiresAt
	}
	return reg, nil
}

// known tells the journal that a state has the client.
func (r *Resource) known(state Model) {
	if r.conn != nil {
		r.conn.Journal.Known(state.Text("client_id"), state.Text("registration_client_uri"))
	}
}

// trouble reports what the journal could not write. Nothing is undone for it:
// the state has what it would have.
func (r *Resource) trouble(diags *diag.Diagnostics) {
	if err := r.conn.Journal.Trouble(); err != nil {
		diags.AddWarning("The registration journal could not be written",
			fmt.Sprintf("%v.\n\nState has what the journal lacks. Make the folder of journal_path readable and writable, or the next crash may lose a registration.", err))
	}
}

func unwritable(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The registration journal cannot be used",
		fmt.Sprintf("%v.\n\nNothing was sent. Make the folder of the provider's journal_path readable and writable, and mend or remove the file named, or unset journal_path.", err))
}
