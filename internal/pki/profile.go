package pki

// part is a part of a subject by the name people use.
type part struct{ name, identifier string }

// extraParts are the parts that the plain profile has no place of its own for, in
// the order in which they are written.
func extraParts() []part {
	return []part{
		{"state_or_province", TypeState}, {"locality", TypeLocality}, {"serial_number", TypeSerialNumber}, {"business_category", TypeBusinessCategory},
		{"jurisdiction_country", TypeJurisdictionCountry}, {"organization_identifier", TypeOrganisationIdentifier}, {"user_id", TypeUserID},
	}
}

// PartNames are the names of all parts a subject may have.
func PartNames() []string {
	names := []string{"country", "organization", "organizational_unit", "common_name"}
	for _, p := range extraParts() {
		names = append(names, p.name)
	}
	return names
}

// KnownPart reports whether a subject may have a part of this name.
func KnownPart(name string) bool {
	for _, known := range PartNames() {
		if known == name {
			return true
		}
	}
	return false
}

// ExtraParts are the parts beyond the plain profile's own that have a value.
func ExtraParts(value func(name string) string) []Attribute {
	var out []Attribute
	for _, p := range extraParts() {
		if text := value(p.name); text != "" {
			out = append(out, Attribute{Type: p.identifier, Value: text})
		}
	}
	return out
}

// Profile makes the subject and the extensions of a request for a type of
// certificate, of parts by name: in the Brazilian profile for brcac and
// brcac_2022, and otherwise in the plain one.
func Profile(certificateType string, parts map[string]string, dnsNames []string) (Subject, Extensions) {
	if certificateType != "brcac" && certificateType != "brcac_2022" {
		return Subject{
			Country: parts["country"], Organisation: parts["organization"], OrganisationalUnit: parts["organizational_unit"], CommonName: parts["common_name"],
			Extra: ExtraParts(func(name string) string { return parts[name] }),
		}, Extensions{DNSNames: dnsNames}
	}
	if len(dnsNames) == 0 && parts["common_name"] != "" {
		dnsNames = []string{parts["common_name"]}
	}
	return BrazilianProfile{
		BusinessCategory: parts["business_category"], JurisdictionCountry: parts["jurisdiction_country"], SerialNumber: parts["serial_number"], Country: parts["country"],
		Organisation: parts["organization"], State: parts["state_or_province"], Locality: parts["locality"], OrganisationIdentifier: parts["organization_identifier"],
		OrganisationalUnit: parts["organizational_unit"], UserID: parts["user_id"], CommonName: parts["common_name"],
	}.Subject(), Extensions{DNSNames: dnsNames, ClientAuthentication: true}
}
