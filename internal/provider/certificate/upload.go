package certificate

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
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
	// given is set for material of the user's own that is uploaded as it is.
	given bool
	// key is the public key of the upload, and keyID the key ID where it can be known.
	key   crypto.PublicKey
	keyID string
}

const (
	keyProblem     = "The private key could not be made"
	subjectProblem = "The certificate's subject is incomplete"
)

// submit sends the upload.
func (u *upload) submit(ctx context.Context, client *directory.Client, plan Model) (*directory.Certificate, error) {
	if !u.keyPEM.IsNull() {
		return client.IssueCertificate(ctx, plan.Text("application_id"), plan.Text("type"), u.pem)
	}
	return client.CreateCertificate(ctx, plan.Text("application_id"), plan.Text("type"), u.pem)
}

// own makes the upload of what the user gives: encoded anew, so that nothing
// else goes out that may stand in the same text.
func (r *Resource) own(input, text string, diags *diag.Diagnostics) *upload {
	u := &upload{input: input, pem: text, keyPEM: types.StringNull(), publicPEM: text}
	var err error
	switch input {
	case "public_key_pem":
		if u.key, err = pki.ParsePublicKey(text); err == nil {
			u.given = true
			u.pem, err = pki.PublicKeyPEM(u.key)
		}
	case "certificate_pem":
		var certificates []*x509.Certificate
		if certificates, err = pki.ParseCertificates(text); err == nil {
			u.given, u.key, u.keyID, u.pem = true, certificates[0].PublicKey, pki.KeyID(certificates[0]), ""
			for _, certificate := range certificates {
				u.pem += pki.CertificatePEM(certificate)
			}
		}
	}
	if err != nil {
		diags.AddAttributeError(path.Root(input), "What was given cannot be read", fmt.Sprintf("%v.\n\nNothing was sent.", err))
		return nil
	}
	return u
}

// prepare makes the upload the plan asks for; nil when that failed.
func (r *Resource) prepare(ctx context.Context, client *directory.Client, plan Model, diags *diag.Diagnostics) *upload {
	if plan.request != "" {
		return r.own(requestOnce, plan.request, diags)
	}
	for _, input := range []string{r.flavour.input(), "certificate_pem"} {
		if text := plan.Text(input); text != "" {
			return r.own(input, text, diags)
		}
	}
	if fw.Known(plan.Values[requestOnce+"_version"]) {
		diags.AddAttributeError(path.Root(requestOnce), "What was given cannot be read", "The certificate request is empty.\n\nNothing was sent.")
		return nil
	}
	spec, ok := plan.Values["private_key"].(types.Object)
	if !ok {
		return nil
	}
	wanted := fw.Object{Values: spec.Attributes()}
	made, err := pki.GenerateKey(wanted.Text("algorithm"), int(size(wanted)))
	if err != nil {
		diags.AddAttributeError(path.Root("private_key"), keyProblem, err.Error()+".")
		return nil
	}
	keyPEM, err := pki.KeyPEM(made)
	if err != nil {
		diags.AddAttributeError(path.Root("private_key"), keyProblem, err.Error()+".")
		return nil
	}
	u := &upload{input: "private_key", keyPEM: types.StringValue(keyPEM), key: made.Public()}
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
		diags.AddAttributeError(path.Root("subject"), subjectProblem, incomplete(w.missing))
		return wish{}, false
	}
	return w, true
}

// refused words a refusal, and points at what is to blame.
func (r *Resource) refused(ctx context.Context, client *directory.Client, plan Model, err error, sent *upload) diag.Diagnostic {
	input := sent.input
	if absent := diagnose.Absent(ctx, client, plan.Text("application_id"), err, "Nothing was issued for it."); absent != nil {
		return absent
	}
	if d, lost := diagnose.Created(err); lost && !sent.keyPEM.IsNull() {
		return diag.NewErrorDiagnostic(d.Summary(), d.Detail()+
			"\n\nThe private key was made for this request alone and is not kept: if it is there, do not import it but revoke it, and apply again for another.")
	} else if lost {
		return d
	}
	action := "issue the certificate"
	if r.flavour.bare {
		action = "take the public key"
	}
	d := target().Diagnostic(err, action)
	var status *rest.StatusError
	if errors.As(err, &status) && r.flavour.mistyped(plan.Text("type"), status) {
		return diag.NewAttributeErrorDiagnostic(path.Root("type"), d.Summary(), fmt.Sprintf("%s\n\nThe directory may not have the type %q: check how type is written. Usual here: %s.", d.Detail(), plan.Text("type"), strings.Join(r.flavour.types, ", ")))
	}
	if lockedOut(ctx, client, plan.Text("application_id"), err) {
		return diag.NewAttributeErrorDiagnostic(path.Root("application_id"), d.Summary(), d.Detail()+"\n\nOther directories take certificates for a locked application. For this one, have the application unlocked, "+
			"by the action dcr_unlock_application or by a Super Administrator in the directory's portal, and apply again before another software statement locks it.")
	}
	if errors.As(err, &status) && (status.Status == 400 || status.Status == 422) {
		return diag.WithPath(path.Root(input), d)
	}
	return d
}

// lockedOut reports a refusal that speaks of a lock, of an application that has one: accounts and
// tokens are locked as well.
func lockedOut(ctx context.Context, client *directory.Client, id string, err error) bool {
	var (
		status *rest.StatusError
		token  *oauth.TokenError
	)
	if errors.As(err, &token) || !errors.As(err, &status) || status.Status < http.StatusBadRequest || status.Status >= http.StatusInternalServerError ||
		slices.Contains([]int{http.StatusUnauthorized, http.StatusTooManyRequests}, status.Status) {
		return false
	}
	words := strings.Join(append([]string{status.Description}, status.Messages...), " ")
	if status.Status != http.StatusLocked && !regexp.MustCompile(`(?i)\blocked\b`).MatchString(words) {
		return false
	}
	app, err := client.Application(ctx, id)
	return err == nil && app.Locked
}

func (f flavour) unreadable(problem error, diags *diag.Diagnostics) {
	if problem != nil {
		diags.AddWarning(fmt.Sprintf("The %s could not be read in full", f.noun),
			fmt.Sprintf("%v.\n\nIt is in state by its kid; attributes that could not be read are null.", problem))
	}
}

// mistyped reports whether a refusal is about the type: the directory names it, or
// it is none of the usual ones and the directory speaks of types or of nothing.
func (f flavour) mistyped(kind string, status *rest.StatusError) bool {
	if !slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity}, status.Status) {
		return false
	}
	words := strings.TrimSpace(strings.Join(append([]string{status.Description}, status.Messages...), " "))
	if regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(kind) + `(\W|$)`).MatchString(words) {
		return true
	}
	return !slices.Contains(f.types, kind) && (words == "" || regexp.MustCompile(`(?i)type\b`).MatchString(words))
}
