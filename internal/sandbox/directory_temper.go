package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ClientIDForm is what the directory takes for an application's client ID at the directory itself.
type ClientIDForm string

// The three forms of client IDs found in deployments.
const (
	ClientIDSame   ClientIDForm = "same"   // The SoftwareStatementId.
	ClientIDNano   ClientIDForm = "nano"   // 21 random characters, as in 2021.
	ClientIDEntity ClientIDForm = "entity" // The entity URL of OpenID Federation.
)

// DirectoryTemper is how the directory behaves where its published documents are silent or disagree.
// The zero value is the sandbox's ordinary directory.
type DirectoryTemper struct {
	// LockedStatus is the status of a change refused because the application is locked; default 400.
	LockedStatus int `json:"locked_status,omitempty"`
	// LockAllowsRoles lets the roles of a locked application be added and changed.
	LockAllowsRoles bool `json:"lock_allows_roles,omitempty"`
	// LockRefusesCertificates refuses new certificates for a locked application.
	LockRefusesCertificates bool `json:"lock_refuses_certificates,omitempty"`
	// UnlockRefusedStatus is the status for a caller who may not unlock; default 403.
	UnlockRefusedStatus int `json:"unlock_refused_status,omitempty"`
	// BareRefusals leaves the body of 401 and 403 answers of the gateway empty.
	BareRefusals bool `json:"bare_refusals,omitempty"`
	// SecondDeleteStatus is the status of deleting a deleted application; default 404.
	SecondDeleteStatus int `json:"second_delete_status,omitempty"`
	// KeepOmitted keeps the optional members a PUT leaves out instead of clearing them; null clears.
	KeepOmitted bool `json:"keep_omitted,omitempty"`
	// RefuseRolesOnUpdate refuses a PUT that names Roles instead of ignoring them.
	RefuseRolesOnUpdate bool `json:"refuse_roles_on_update,omitempty"`
	// WithoutNewerMembers drops HomepageUri, which older directories do not know.
	WithoutNewerMembers bool `json:"without_newer_members,omitempty"`
	// ClientIDs is the form of new client IDs; default ClientIDSame.
	ClientIDs ClientIDForm `json:"client_ids,omitempty"`
	// TakeClientID takes the ClientId of a request, as newer directories do, instead of dropping it.
	TakeClientID bool `json:"take_client_id,omitempty"`
	// ReactivateRoles makes POST of an inactive role activate it and answer 201 instead of 409.
	ReactivateRoles bool `json:"reactivate_roles,omitempty"`
	// NewerRoles adds the newer names to role claims and makes Status optional in their requests.
	NewerRoles bool `json:"newer_roles,omitempty"`
	// StatementAsJSON answers every statement as a JSON string, whatever was asked for.
	StatementAsJSON bool `json:"statement_as_json,omitempty"`
	// EndpointClaims names the key set claims of a statement _endpoint instead of _uri, as in 2021.
	EndpointClaims bool `json:"endpoint_claims,omitempty"`
	// NumericVersion writes software_version as a number, as in 2021.
	NumericVersion bool `json:"numeric_version,omitempty"`
	// StatementIDs gives each statement a jti.
	StatementIDs bool `json:"statement_ids,omitempty"`
	// StatementLifetime gives each statement an exp that long after its iat; zero gives none.
	StatementLifetime time.Duration `json:"statement_lifetime,omitempty"`
	// StatementIssuer replaces the iss of statements.
	StatementIssuer string `json:"statement_issuer,omitempty"`
	// CertificatePEM answers the upload of a request as PEM instead of as JWK; reading answers a JWK always.
	CertificatePEM bool `json:"certificate_pem,omitempty"`
	// CertificatePageSize makes the list of certificates obey page and size, with this default; zero never pages.
	CertificatePageSize int `json:"certificate_page_size,omitempty"`
	// CertificateTypes are further types only this deployment issues, such as WRPAC.
	CertificateTypes []string `json:"certificate_types,omitempty"`
	// CertificateLimit caps the active certificates and keys of an application; zero does not.
	CertificateLimit int `json:"certificate_limit,omitempty"`
	// CertificateRefusedStatus is the status of a refused certificate request; default 400.
	CertificateRefusedStatus int `json:"certificate_refused_status,omitempty"`
	// Crowd is the number of applications that are there from the start.
	Crowd int `json:"crowd,omitempty"`
}

// withDefaults fills in what is zero and refuses what cannot be.
func (t DirectoryTemper) withDefaults() (DirectoryTemper, error) {
	for _, status := range []struct {
		name     string
		value    *int
		ordinary int
		allowed  []int
	}{
		{"LockedStatus", &t.LockedStatus, 400, []int{400, 403, 409, 422, 423}},
		{"UnlockRefusedStatus", &t.UnlockRefusedStatus, 403, []int{400, 401, 403, 404}},
		{"SecondDeleteStatus", &t.SecondDeleteStatus, 404, []int{204, 400, 404}},
		{"CertificateRefusedStatus", &t.CertificateRefusedStatus, 400, []int{400, 422}},
	} {
		if *status.value == 0 {
			*status.value = status.ordinary
		}
		if !slices.Contains(status.allowed, *status.value) {
			return t, fmt.Errorf("sandbox: directory: %s %d is none of %v", status.name, *status.value, status.allowed)
		}
	}
	if t.ClientIDs == "" {
		t.ClientIDs = ClientIDSame
	}
	if !slices.Contains([]ClientIDForm{ClientIDSame, ClientIDNano, ClientIDEntity}, t.ClientIDs) {
		return t, fmt.Errorf("sandbox: directory: unknown form of client IDs %q", t.ClientIDs)
	}
	if t.CertificateLimit < 0 || t.CertificatePageSize < 0 || t.Crowd < 0 || t.StatementLifetime < 0 {
		return t, errors.New("sandbox: directory: sizes and lifetimes must not be negative")
	}
	return t, nil
}

// directoryTemperFields is a DirectoryTemper without its methods.
type directoryTemperFields DirectoryTemper

// UnmarshalJSON changes the members that are given, reads the lifetime as "5m" and refuses unknown members.
func (t *DirectoryTemper) UnmarshalJSON(data []byte) error {
	in := struct {
		directoryTemperFields
		StatementLifetime *string `json:"statement_lifetime"`
	}{directoryTemperFields: directoryTemperFields(*t)}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("sandbox: directory temper: %w", err)
	}
	changed := DirectoryTemper(in.directoryTemperFields)
	if in.StatementLifetime != nil {
		lifetime, err := time.ParseDuration(*in.StatementLifetime)
		if err != nil {
			return fmt.Errorf("sandbox: directory temper: %w", err)
		}
		changed.StatementLifetime = lifetime
	}
	*t = changed
	return nil
}

// newClientID is the client ID of a new application; empty when it is the application's own.
func (s *Sandbox) newClientID(id string) string {
	switch s.options.Directory.ClientIDs {
	case ClientIDNano:
		return randomText(21, alphanumerics+"-_")
	case ClientIDEntity:
		return s.urls.auth + "/openid_relying_party/" + id
	default:
		return ""
	}
}

// gather makes the crowd, unless the state file brought applications along.
func (s *Sandbox) gather() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.state.Order) > 0 {
		return nil
	}
	for i := range s.options.Directory.Crowd {
		_, _, broken := s.newApplication(map[string]any{
			"ClientName": fmt.Sprintf("Application %04d", i+1), "Version": json.Number("1"), "LogoUri": s.urls.data + "/logos/" + placeholderLogo + ".png",
			"RedirectUri": []any{fmt.Sprintf("https://app-%04d.example.com/cb", i+1)},
		})
		if len(broken) > 0 {
			return fmt.Errorf("sandbox: crowd: %v", broken)
		}
	}
	return nil
}
