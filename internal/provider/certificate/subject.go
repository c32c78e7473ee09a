package certificate

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// subjectAttribute overrides parts of the subject the provider asks for.
func subjectAttribute() schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range map[string]string{
		"country":                 "The country (C), two letters. Defaults to the organisation's country of registration.",
		"organization":            "The organization (O). Defaults to the organisation's name in the directory.",
		"organizational_unit":     "The organizational unit (OU). Defaults to the organisation's ID; `brcac_2022` has none.",
		"common_name":             "The common name (CN). Defaults to the application's ID; `brcac` and `brcac_2022` need the host name it is for.",
		"state_or_province":       "The state or province (ST), which `brcac` and `brcac_2022` need. Defaults to none.",
		"locality":                "The locality (L). Defaults to the organisation's city for `brcac` and `brcac_2022`, and to none for others.",
		"serial_number":           "The serial number in the subject (2.5.4.5). Defaults to the organisation's registration number for `brcac` and `brcac_2022`, and to none for others.",
		"business_category":       "The business category (2.5.4.15). Defaults to `Private Organization` for `brcac` and `brcac_2022`, and to none for others.",
		"jurisdiction_country":    "The country of jurisdiction (1.3.6.1.4.1.311.60.2.1.3). Defaults to the organisation's country of registration for `brcac` and `brcac_2022`, and to none for others.",
		"organization_identifier": "The organization identifier (2.5.4.97). Defaults to `OFBBR-` and the organisation's ID for `brcac_2022`, and to none for others.",
		"user_id":                 "The user ID (UID, 0.9.2342.19200300.100.1.1). Defaults to the application's ID for `brcac` and `brcac_2022`, and to none for others.",
	} {
		rules := []validator.String{fw.Word()}
		if name == "country" || name == "jurisdiction_country" {
			rules = []validator.String{fw.Country()}
		}
		attributes[name] = schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: rules}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Parts of the subject of the request the provider makes; deployments differ in what they want here. Defaults to the type's own. A change gets a new certificate in place. Not used with `csr_pem`.",
		Attributes:          attributes,
	}
}

// wish is the request the provider is to make.
type wish struct {
	subject    pki.Subject
	extensions pki.Extensions
	// missing are the parts of subject the type needs and nobody gave.
	missing []string
}

// wish works out the request's content from what is configured, what the
// directory says of the organisation, and the profile of the type.
func (m Model) wish(organisationID string, organisation *directory.Organisation) wish {
	if organisation == nil {
		organisation = &directory.Organisation{}
	}
	part := func(name string, defaults ...string) string {
		return cmp.Or(append([]string{m.part(name)}, defaults...)...)
	}
	country := cmp.Or(organisation.CountryOfRegistration, organisation.Country)
	name := cmp.Or(organisation.Name, organisation.LegalEntityName, organisation.RegisteredName)
	names := m.Strings("dns_names")
	application := m.Text("application_id")
	if !m.brazilian() {
		w := wish{extensions: pki.Extensions{DNSNames: names}, subject: pki.Subject{
			Country: part("country", country), Organisation: part("organization", name),
			OrganisationalUnit: part("organizational_unit", organisationID), CommonName: part("common_name", application),
			Extra: m.extra(),
		}}
		if len(w.subject.Country) != 2 {
			w.missing = append(w.missing, "country")
		}
		if w.subject.Organisation == "" {
			w.missing = append(w.missing, "organization")
		}
		return w
	}
	p := pki.BrazilianProfile{
		BusinessCategory: part("business_category", "Private Organization"), JurisdictionCountry: part("jurisdiction_country", country),
		SerialNumber: part("serial_number", organisation.RegistrationNumber), Country: part("country", country), Organisation: part("organization", name),
		State: part("state_or_province"), Locality: part("locality", organisation.City), UserID: part("user_id", application), CommonName: part("common_name"),
	}
	if m.Text("type") == typeBrazil2022 {
		p.OrganisationIdentifier = part("organization_identifier", "OFBBR-"+organisationID)
	} else {
		p.OrganisationalUnit = part("organizational_unit", organisationID)
	}
	if len(names) == 0 && p.CommonName != "" {
		names = []string{p.CommonName}
	}
	w := wish{subject: p.Subject(), extensions: pki.Extensions{DNSNames: names, ClientAuthentication: true}}
	for part, value := range map[string]string{"common_name": p.CommonName, "state_or_province": p.State, "organization": p.Organisation, "country": p.Country,
		"serial_number": p.SerialNumber, "locality": p.Locality, "jurisdiction_country": p.JurisdictionCountry} {
		if value == "" {
			w.missing = append(w.missing, part)
		}
	}
	return w
}

// brazilian reports whether the type asks for the profile of the Brazilian certificate standard.
func (m Model) brazilian() bool {
	kind := m.Text("type")
	return kind == typeBrazil || kind == typeBrazil2022
}

// part is a configured part of the subject, empty when there is none.
func (m Model) part(name string) string {
	object, ok := m.Values["subject"].(types.Object)
	if !ok {
		return ""
	}
	return fw.Object{Values: object.Attributes()}.Text(name)
}

// extra are the configured parts the plain subject has no place of its own for.
func (m Model) extra() []pki.Attribute { return pki.ExtraParts(m.part) }

// needsOrganisation reports whether the request says something of the
// organisation that the configuration does not.
func (m Model) needsOrganisation() bool {
	return m.brazilian() || m.part("country") == "" || m.part("organization") == ""
}

// holder is whom the certificate is for, as far as that is known.
func (m Model) holder(organisationID string, organisation *directory.Organisation) pki.Holder {
	h := pki.Holder{ApplicationID: m.Text("application_id"), OrganisationID: organisationID}
	if organisation != nil && m.brazilian() {
		h.Organisation, h.RegistrationNumber, h.City = organisation.Name, organisation.RegistrationNumber, organisation.City
		h.Country = cmp.Or(organisation.CountryOfRegistration, organisation.Country)
	}
	return h
}

// organisation reads the organisation; nil when that is not possible.
func (r *Resource) organisation(ctx context.Context) *directory.Organisation {
	if r.conn == nil || !r.conn.HasDirectory() {
		return nil
	}
	client, err := r.conn.Directory()
	if err != nil {
		return nil
	}
	organisation, err := client.Organisation(ctx)
	if err != nil {
		return nil
	}
	return organisation
}

func incomplete(missing []string) string {
	quoted := make([]string, len(missing))
	for i, name := range missing {
		quoted[i] = name + " = \"…\""
	}
	return fmt.Sprintf("The request needs %s, which neither the configuration nor the directory gives.\n\nSet subject = { %s }.", strings.Join(missing, ", "), strings.Join(quoted, ", "))
}

// sameKeySpec compares two private_key attributes; the default size is no change.
func sameKeySpec(a, b attr.Value) bool {
	x, okX := a.(types.Object)
	y, okY := b.(types.Object)
	if !okX || !okY || x.IsUnknown() || y.IsUnknown() {
		return false
	}
	p, q := fw.Object{Values: x.Attributes()}, fw.Object{Values: y.Attributes()}
	if p.Text("algorithm") != "RSA" || q.Text("algorithm") != "RSA" {
		return p.Values["algorithm"].Equal(q.Values["algorithm"])
	}
	return !p.Values["rsa_bits"].IsUnknown() && bits(p) == bits(q)
}

func bits(o fw.Object) int64 {
	n, _ := o.Values["rsa_bits"].(types.Int64)
	return cmp.Or(n.ValueInt64(), 2048)
}
