package pki

// BrazilianProfile is the subject of a client certificate by the Brazilian certificate
// standard, in the order its request template has. Either OrganisationIdentifier
// (brcac_2022) or OrganisationalUnit (brcac, before 31 August 2022) is set.
type BrazilianProfile struct {
	BusinessCategory    string
	JurisdictionCountry string
	// SerialNumber is the organisation's registration number (CNPJ).
	SerialNumber string
	Country      string
	Organisation string
	State        string
	Locality     string
	// OrganisationIdentifier is a scheme, a hyphen and the organisation's ID.
	OrganisationIdentifier string
	OrganisationalUnit     string
	// UserID is the application's ID.
	UserID string
	// CommonName is the host name the certificate is for.
	CommonName string
}

// Subject gives the profile as the subject of a request.
func (p BrazilianProfile) Subject() Subject {
	return Subject{CommonName: p.CommonName, Extra: []Attribute{
		{TypeBusinessCategory, p.BusinessCategory},
		{TypeJurisdictionCountry, p.JurisdictionCountry},
		{TypeSerialNumber, p.SerialNumber},
		{TypeCountry, p.Country},
		{TypeOrganisation, p.Organisation},
		{TypeState, p.State},
		{TypeLocality, p.Locality},
		{TypeOrganisationIdentifier, p.OrganisationIdentifier},
		{TypeOrganisationalUnit, p.OrganisationalUnit},
		{TypeUserID, p.UserID},
	}}
}

// brazilian are the expectations both Brazilian types have in common: what the directory
// compares with the organisation's data, and what only has to be there.
func brazilian(holder Holder) []Expectation {
	return []Expectation{
		{Type: TypeBusinessCategory},
		{Type: TypeJurisdictionCountry, Value: holder.Country},
		{Type: TypeSerialNumber, Value: holder.RegistrationNumber},
		{Type: TypeCountry, Value: "BR"},
		{Type: TypeOrganisation, Value: holder.Organisation},
		{Type: TypeState},
		{Type: TypeLocality, Value: holder.City},
		{Type: TypeUserID, Value: holder.ApplicationID},
		{Type: TypeCommonName},
	}
}
