package certificate

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// upload is what is sent to the directory, and the key that belongs to it. The
// private key exists before anything is sent, so that no answer can leave a
// certificate without its key.
type upload struct {
	// input is the attribute the upload comes from.
	input string
	pem   string
	// keyPEM is the private key the provider made; null otherwise.
	keyPEM types.String
	// publicPEM is the public key of a bare upload.
	publicPEM string
}

// prepare makes the upload the plan asks for; nil when that failed.
func (r *Resource) prepare(ctx context.Context, client *directory.Client, plan Model, diags *diag.Diagnostics) *upload {
	for _, input := range []string{r.flavour.input(), "certificate_pem"} {
		if text := plan.Text(input); text != "" {
			return &upload{input: input, pem: text, keyPEM: types.StringNull(), publicPEM: text}
		}
	}
	spec, ok := plan.Values["private_key"].(types.Object)
	if !ok {
		return nil
	}
	wanted := fw.Object{Values: spec.Attributes()}
	made, err := pki.GenerateKey(wanted.Text("algorithm"), int(size(wanted)))
	if err != nil {
		diags.AddAttributeError(path.Root("private_key"), "The private key could not be made", err.Error()+".")
		return nil
	}
	keyPEM, err := pki.KeyPEM(made)
	if err != nil {
		diags.AddAttributeError(path.Root("private_key"), "The private key could not be made", err.Error()+".")
		return nil
	}
	u := &upload{input: "private_key", keyPEM: types.StringValue(keyPEM)}
	if r.flavour.bare {
		u.pem, err = pki.PublicKeyPEM(made.Public())
		u.publicPEM = u.pem
	} else {
		w, ok := r.requested(ctx, client, plan, diags)
		if !ok {
			return nil
		}
		u.input = "subject"
		u.pem, err = pki.NewRequestWithExtensions(made, w.subject, w.extensions)
	}
	if err != nil {
		diags.AddAttributeError(path.Root(u.input), "The certificate request cannot be made", err.Error()+".")
		return nil
	}
	return u
}

func size(spec fw.Object) int64 {
	n, _ := spec.Values["rsa_bits"].(types.Int64)
	return n.ValueInt64()
}

// requested works out what the request says.
func (r *Resource) requested(ctx context.Context, client *directory.Client, plan Model, diags *diag.Diagnostics) (wish, bool) {
	var organisation *directory.Organisation
	if plan.needsOrganisation() {
		var err error
		if organisation, err = client.Organisation(ctx); err != nil {
			diags.Append(target().Diagnostic(err, "read the organisation for the certificate's subject"))
			return wish{}, false
		}
	}
	w := plan.wish(r.conn.OrganisationID(), organisation)
	if len(w.missing) > 0 {
		diags.AddAttributeError(path.Root("subject"), "The certificate's subject is incomplete", incomplete(w.missing))
		return wish{}, false
	}
	return w, true
}

// refused words a refusal, and points at what is to blame.
func (r *Resource) refused(err error, input string) diag.Diagnostic {
	if d, lost := diagnose.Created(err); lost {
		return d
	}
	action := "issue the certificate"
	if r.flavour.bare {
		action = "take the public key"
	}
	d := target().Diagnostic(err, action)
	var status *rest.StatusError
	if errors.As(err, &status) && (status.Status == 400 || status.Status == 422) {
		return diag.WithPath(path.Root(input), d)
	}
	return d
}

func (f flavour) unreadable(problem error, diags *diag.Diagnostics) {
	if problem != nil {
		diags.AddWarning(fmt.Sprintf("The %s could not be read in full", f.noun),
			fmt.Sprintf("%v.\n\nIt is in state by its kid; attributes that could not be read are null.", problem))
	}
}
