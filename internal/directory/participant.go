package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Participant is an organisation in the public list of a trust framework.
type Participant struct {
	OrganisationID     string `json:"OrganisationId"`
	OrganisationName   string `json:"OrganisationName"`
	LegalEntityName    string `json:"LegalEntityName"`
	RegistrationNumber string `json:"RegistrationNumber"`
	Status             string `json:"Status"`
	// Domains are the authorisation domains the organisation takes part in, as roles without a name.
	Domains              []OrganisationRole    `json:"OrgDomainClaims"`
	Roles                []OrganisationRole    `json:"OrgDomainRoleClaims"`
	AuthorizationServers []AuthorizationServer `json:"AuthorisationServers"`
}

// UnmarshalJSON reads a participant; what does not fit reads as absent, since one odd
// entry among hundreds must not hide the others.
func (p *Participant) UnmarshalJSON(data []byte) error {
	type plain Participant
	var decoded plain
	lenient(data, &decoded)
	*p = Participant(decoded)
	return nil
}

// AuthorizationServer is an authorization server a participant publishes.
type AuthorizationServer struct {
	ID                        string                `json:"AuthorisationServerId"`
	Name                      string                `json:"CustomerFriendlyName"`
	Description               string                `json:"CustomerFriendlyDescription"`
	LogoURI                   string                `json:"CustomerFriendlyLogoUri"`
	DiscoveryURI              string                `json:"OpenIDDiscoveryDocument"`
	Issuer                    string                `json:"Issuer"`
	AutoRegistrationSupported *bool                 `json:"AutoRegistrationSupported"`
	SupportsCIBA              *bool                 `json:"SupportsCiba"`
	SupportsDCR               *bool                 `json:"SupportsDCR"`
	SupportsRedirect          *bool                 `json:"SupportsRedirect"`
	APIResources              []APIResource         `json:"ApiResources"`
	Certifications            []ServerCertification `json:"AuthorisationServerCertifications"`
}

// ServerCertification is a published certification of an authorization server.
type ServerCertification struct {
	ID             string `json:"CertificationId"`
	ProfileType    string `json:"ProfileType"`
	ProfileVariant string `json:"ProfileVariant"`
	// ProfileVersion is a number in some lists and a text in others.
	ProfileVersion json.RawMessage `json:"ProfileVersion"`
	Status         string          `json:"Status"`
	URI            string          `json:"CertificationURI"`
	StartDate      string          `json:"CertificationStartDate"`
	ExpirationDate string          `json:"CertificationExpirationDate"`
}

// UnmarshalJSON reads a certification as leniently as a participant.
func (c *ServerCertification) UnmarshalJSON(data []byte) error {
	type plain ServerCertification
	var decoded plain
	lenient(data, &decoded)
	*c = ServerCertification(decoded)
	return nil
}

// Version is the version of the profile as text, empty when there is none.
func (c ServerCertification) Version() string {
	if version := textOrJSON(c.ProfileVersion); version != nil {
		return *version
	}
	return ""
}

// UnmarshalJSON reads an authorization server as leniently as a participant.
func (s *AuthorizationServer) UnmarshalJSON(data []byte) error {
	type plain AuthorizationServer
	var decoded plain
	lenient(data, &decoded)
	*s = AuthorizationServer(decoded)
	return nil
}

// APIResource is an API behind an authorization server.
type APIResource struct {
	ID                  string
	FamilyType          string
	Version             string
	CertificationStatus string
	Endpoints           []string
}

// UnmarshalJSON reads an API resource, whose version is a number in older lists.
func (r *APIResource) UnmarshalJSON(data []byte) error {
	var resource struct {
		ID                  string          `json:"ApiResourceId"`
		FamilyType          string          `json:"ApiFamilyType"`
		Version             json.RawMessage `json:"ApiVersion"`
		CertificationStatus string          `json:"CertificationStatus"`
		Endpoints           []struct {
			URL string `json:"ApiEndpoint"`
		} `json:"ApiDiscoveryEndpoints"`
	}
	lenient(data, &resource)
	*r = APIResource{ID: resource.ID, FamilyType: resource.FamilyType, CertificationStatus: resource.CertificationStatus}
	if version := textOrJSON(resource.Version); version != nil {
		r.Version = *version
	}
	for _, endpoint := range resource.Endpoints {
		r.Endpoints = append(r.Endpoints, endpoint.URL)
	}
	return nil
}

// maximumList bounds the public list, which exceeds 10 MB in production.
const maximumList = 64 << 20

// Participants reads the public list of a trust framework. It needs no token and no
// organisation, so any HTTP client will do.
func Participants(ctx context.Context, client *rest.Client, address string) ([]Participant, error) {
	response, err := client.Do(ctx, rest.Request{
		Purpose: purpose, Method: http.MethodGet, URL: address, Accept: mediaJSON, Retry: rest.RetrySafe, FollowRedirects: true, MaxBody: maximumList,
	})
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	var participants []Participant
	if err := response.JSON(&participants); err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	if participants == nil {
		where, _, _ := strings.Cut(address, "?")
		return nil, fmt.Errorf("read participants: %w", &rest.BodyError{
			Method: http.MethodGet, URL: where, Status: response.Status, ContentType: response.Header.Get("Content-Type"),
			Reason: "the answer is not a list", InteractionID: response.InteractionID,
		})
	}
	return participants, nil
}
