package certificate

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Model is the value of any of the resources.
type Model struct {
	fw.Object
	flavour flavour
	// request is the certificate request that neither plan nor state has.
	request string
}

// requestOnce is the attribute of a request that Terraform gives only while something is issued.
const requestOnce = "csr_pem_wo"

// with adds the write-only request of the configuration.
func (m Model) with(ctx context.Context, config tfsdk.Config) Model {
	var request types.String
	if !m.flavour.bare && !config.GetAttribute(ctx, path.Root(requestOnce), &request).HasError() {
		m.request = request.ValueString()
	}
	return m
}

func newModel(ctx context.Context, f flavour, object types.Object) Model {
	return Model{Object: fw.NewObject(ctx, object), flavour: f}
}

// typeProblem is what is wrong with the name of a type; empty means nothing.
func typeProblem(name string) string {
	switch {
	case !typeName().MatchString(name):
		return "A type has letters, digits, _ and - only."
	case slices.Contains(publicKey().types, name):
		return fmt.Sprintf("%q is a public key without certificate: use dcr_public_key.", name)
	}
	return ""
}

func typeName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) }

// set stores a text; an empty one is null.
func (m Model) set(name, value string) { m.Values[name] = fw.StringOrNull(value) }

// apply stores a certificate or key as the directory has it. Everything about a
// certificate is read from itself: the directory's own dates come in several
// formats. One that cannot be read is stored by its identity alone, and the
// problem returned, unless the model holds the same one already.
func (m Model) apply(c *directory.Certificate) error {
	held := m.Text("kid") == c.KeyID
	m.set("id", c.KeyID)
	m.set("kid", c.KeyID)
	m.set("status", directory.StatusInactive)
	if c.Active() {
		m.set("status", directory.StatusActive)
	}
	if m.flavour.bare {
		return m.applyKey(c, held)
	}
	if held && c.Leaf == nil && fw.Known(m.Values["not_after"]) {
		return nil
	}
	given := m.Values["certificate_pem"]
	for _, name := range parsed() {
		m.Values[name] = types.StringNull()
	}
	leaf, chain := c.Leaf, strings.Join(c.ChainPEM, "")
	if fw.Known(given) {
		// What the user wrote stays to the letter, and says what an answer leaves out.
		m.Values["certificate_pem"] = given
		if certificates, err := pki.ParseCertificates(m.Text("certificate_pem")); err == nil && leaf == nil {
			leaf, chain = certificates[0], m.Text("certificate_pem")
		}
	}
	if leaf == nil {
		return errors.New("the directory's answer holds no certificate that can be read")
	}
	if !fw.Known(given) {
		m.set("certificate_pem", pki.CertificatePEM(leaf))
	}
	m.set("certificate_chain_pem", chain)
	return m.inspect(leaf)
}

// inspect stores what a certificate says.
func (m Model) inspect(leaf *x509.Certificate) error {
	m.set("serial_number", leaf.SerialNumber.Text(16))
	m.set("thumbprint_sha256", pki.Thumbprint(leaf))
	m.set("not_before", leaf.NotBefore.UTC().Format(time.RFC3339))
	m.set("not_after", leaf.NotAfter.UTC().Format(time.RFC3339))
	subject, errSubject := pki.SubjectDN(leaf)
	issuer, errIssuer := pki.IssuerDN(leaf)
	m.set("subject_dn", subject)
	m.set("issuer_dn", issuer)
	return errors.Join(errSubject, errIssuer)
}

// applyKey stores a bare key; one the user or the provider gave stays as given.
func (m Model) applyKey(c *directory.Certificate, held bool) error {
	if fw.Known(m.Values["public_key_pem"]) && (held || m.Text("public_key_pem") != "") {
		return nil
	}
	m.Values["public_key_pem"] = types.StringNull()
	key := c.PublicKey()
	if key == nil {
		return errors.New("the directory's answer holds no key that can be read")
	}
	text, err := pki.PublicKeyPEM(key)
	m.set("public_key_pem", text)
	return err
}

// parsed are the attributes that come out of a certificate.
func parsed() []string {
	return []string{"certificate_pem", "certificate_chain_pem", "serial_number", "thumbprint_sha256", "not_before", "not_after", "subject_dn", "issuer_dn"}
}

// keyID is the key ID a directory gives a certificate, empty when it cannot be read.
func keyID(certificatePEM string) string {
	certificates, err := pki.ParseCertificates(certificatePEM)
	if err != nil {
		return ""
	}
	return pki.KeyID(certificates[0])
}

// moment reads an attribute that holds a time.
func (m Model) moment(name string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, m.Text(name))
	return at, err == nil
}

// span reads an attribute that holds a duration.
func (m Model) span(name string, standard time.Duration) time.Duration {
	if d, err := fw.ParseDuration(m.Text(name)); err == nil {
		return d
	}
	return standard
}

// expired reports whether the certificate is past its end.
func (m Model) expired(now time.Time) bool {
	end, ok := m.moment("not_after")
	return ok && now.After(end)
}

// usable reports whether what the state holds can still be relied on.
func (m Model) usable(now time.Time) bool {
	return m.Text("kid") != "" && strings.EqualFold(m.Text("status"), directory.StatusActive) && !m.expired(now)
}

// refreshed stores what only time changes, so that every plan of one state
// decides alike, also when it is made a day later: whether a renewal is due, and
// that what has expired is of no use. Issued is when the provider had it issued;
// zero when it did not.
func (m Model) refreshed(now, issued time.Time) {
	if m.flavour.bare {
		return
	}
	m.Values["ready_for_renewal"] = types.BoolValue(m.due(now, issued))
	if m.expired(now) {
		m.set("status", directory.StatusInactive)
	}
}

// inactive reports whether the last refresh found that the state's is of no use.
func (m Model) inactive() bool { return !strings.EqualFold(m.Text("status"), directory.StatusActive) }

// given is the input of material that only the user can replace; empty when
// the provider can have another issued.
func (m Model) given() string {
	for _, input := range []string{"certificate_pem", "public_key_pem"} {
		if value, ok := m.Values[input]; ok && !value.IsNull() {
			return input
		}
	}
	return ""
}

// rekeyed names the input whose change asks for a successor; empty means none.
// The receiver is the configuration, and had lists what the one before it set:
// what an import could not know, null in state, asks for nothing by itself.
func (m Model) rekeyed(state Model, had func(string) bool) string {
	input := m.flavour.input()
	if value, ok := m.Values[requestOnce]; ok && !value.IsNull() {
		version, before := m.Values[requestOnce+"_version"], state.Values[requestOnce+"_version"]
		if version.IsUnknown() || !before.IsNull() && !version.Equal(before) || before.IsNull() && (had(input) || had("private_key") || had("certificate_pem")) {
			return requestOnce
		}
		return ""
	}
	switch value := m.Values[input]; {
	case value.IsUnknown():
		return input
	case fw.Known(value):
		if m.otherUpload(state) {
			return input
		}
		return ""
	}
	if value := m.Values["certificate_pem"]; !m.flavour.bare && value != nil && !value.IsNull() {
		if value.IsUnknown() || keyID(m.Text("certificate_pem")) != state.Text("kid") {
			return "certificate_pem"
		}
		return ""
	}
	switch before := state.Values["private_key"]; {
	case before.IsNull() && (had(input) || had("certificate_pem") || had(requestOnce)):
		return "private_key"
	case before.IsNull():
		return ""
	case !sameKeySpec(m.Values["private_key"], before):
		return "private_key"
	case m.flavour.bare:
		return ""
	}
	for _, name := range []string{"subject", "dns_names"} {
		if m.Values[name].IsUnknown() || !m.Values[name].Equal(state.Values[name]) && (name != "subject" || !m.samePart(state)) {
			return name
		}
	}
	return ""
}

// samePart compares subjects part by part: none at all is one of no parts.
func (m Model) samePart(state Model) bool {
	object, ok := m.Types["subject"].(types.ObjectType)
	if !ok {
		return false
	}
	for name := range object.AttrTypes {
		if x, unknown := partOf(m.Values["subject"], name); unknown || x != state.part(name) {
			return false
		}
	}
	return true
}

func partOf(subject attr.Value, name string) (text string, unknown bool) {
	object, ok := subject.(types.Object)
	if !ok || object.IsNull() {
		return "", false
	}
	value := object.Attributes()[name]
	return fw.Object{Values: object.Attributes()}.Text(name), value != nil && value.IsUnknown()
}

// otherUpload reports whether what the user gives asks for another certificate
// or key than the state's: another key, or another subject than the request before.
func (m Model) otherUpload(state Model) bool {
	input := m.flavour.input()
	given, before := m.Text(input), state.Text(input)
	if m.flavour.bare {
		key, err := pki.ParsePublicKey(given)
		if err != nil {
			return given != before
		}
		had, err := pki.ParsePublicKey(before)
		return err != nil || !pki.SameKey(had, key)
	}
	request, err := pki.ParseRequest(given)
	if err != nil {
		return given != before
	}
	if had, err := pki.ParseRequest(before); err == nil {
		return !pki.SameKey(had.PublicKey, request.PublicKey) || string(had.RawSubject) != string(request.RawSubject) || wishes(had) != wishes(request)
	}
	return !pki.SameKey(certified(state.Text("certificate_pem")), request.PublicKey)
}

// wishes are the extensions a request asks for, in whatever order.
func wishes(request *x509.CertificateRequest) string {
	lines := make([]string, len(request.Extensions))
	for i, extension := range request.Extensions {
		lines[i] = fmt.Sprintf("%s %t %x", extension.Id, extension.Critical, extension.Value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func certified(certificatePEM string) crypto.PublicKey {
	certificates, err := pki.ParseCertificates(certificatePEM)
	if err != nil {
		return nil
	}
	return certificates[0].PublicKey
}

// parseImportID splits application_id/type/kid.
func parseImportID(id string) (application, certificateType, keyID string, ok bool) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 || parts[0] == "" || parts[2] == "" || strings.ContainsFunc(id, unicode.IsSpace) || !typeName().MatchString(parts[1]) {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}
