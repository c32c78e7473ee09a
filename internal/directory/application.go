package directory

import (
	"encoding/json"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Values of Application.Status.
const (
	StatusActive    = "Active"
	StatusSuspended = "Suspended"
	StatusInactive  = "Inactive"
)

// Application is what the directory API calls a software statement. Optional members are
// nil when the answer did not have them. A member of an unexpected type reads as absent,
// so that an answer is never lost because of it; Raw still has it.
type Application struct {
	ID             string `json:"SoftwareStatementId"`
	OrganisationID string `json:"OrganisationId"`
	// ClientID is the application's client at the directory itself, not at any bank.
	ClientID string `json:"ClientId"`
	// ClientSecret is only in the answer to a change that made the client use
	// client_secret_basic, and never again.
	ClientSecret rest.Secret `json:"ClientSecret"`

	ClientName                            string      `json:"ClientName"`
	Version                               json.Number `json:"Version"`
	LogoURI                               string      `json:"LogoUri"`
	RedirectURIs                          []string    `json:"RedirectUri"`
	ClientURI                             *string     `json:"ClientUri"`
	HomepageURI                           *string     `json:"HomepageUri"`
	PolicyURI                             *string     `json:"PolicyUri"`
	TermsOfServiceURI                     *string     `json:"TermsOfServiceUri"`
	PostLogoutRedirectURIs                []string    `json:"PostLogoutRedirectUris"`
	Description                           *string     `json:"Description"`
	Environment                           *string     `json:"Environment"`
	Mode                                  *string     `json:"Mode"`
	OnBehalfOf                            *string     `json:"OnBehalfOf"`
	Flags                                 []Flag      `json:"Flags"`
	NotificationWebhookURI                *string     `json:"NotificationWebhook"`
	APIWebhookURIs                        []string    `json:"ApiWebhookUri"`
	OriginURIs                            []string    `json:"OriginUri"`
	RelatedAuthorisationServerID          *string     `json:"RelatedAuthorisationServer"`
	RequireSignedRequestObject            *bool       `json:"RequireSignedRequestObject"`
	TLSClientCertificateBoundAccessTokens *bool       `json:"TlsClientCertificateBoundAccessTokens"`
	IDTokenSignedResponseAlgorithm        *string     `json:"IdTokenSignedResponseAlgorithm"`
	TokenEndpointAuthMethod               *string     `json:"TokenEndpointAuthMethod"`
	FederationEnabled                     *bool       `json:"OpenidFederationEnabled"`
	FederationManagement                  *string     `json:"OpenidFederationEntityManagementType"`
	// AdditionalMetadata is JSON in a string.
	AdditionalMetadata *string `json:"-"`

	Status string `json:"Status"`
	// Locked is set by the directory as soon as it has issued a software statement.
	Locked                    bool     `json:"Locked"`
	ClientCreated             bool     `json:"RtsClientCreated"`
	NotificationWebhookStatus string   `json:"NotificationWebhookStatus"`
	CreatedAt                 string   `json:"CreatedAt"`
	FederationEndpoint        string   `json:"FederationEndpoint"`
	UpdateFailed              bool     `json:"UpdateFailed"`
	UpdateFailedReason        string   `json:"UpdateFailedReason"`
	OperationWarnings         []string `json:"OperationWarnings"`

	// Recovered tells that the answer to the creation was lost, and the application found
	// again. What the directory says once, such as the secret, was in that answer.
	Recovered bool `json:"-"`

	// Raw is the complete answer but the client secret.
	Raw map[string]json.RawMessage `json:"-"`
}

// Active reports whether the application exists for its users: a suspended one does, an
// inactive one was deleted.
func (a Application) Active() bool {
	return a.ID != "" && !strings.EqualFold(a.Status, StatusInactive)
}

// UnmarshalJSON reads an answer of the directory.
func (a *Application) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	type plain Application
	var decoded plain
	lenient(data, &decoded)
	*a = Application(decoded)
	a.AdditionalMetadata = textOrJSON(raw["AdditionalSoftwareMetadata"])
	delete(raw, "ClientSecret")
	a.Raw = raw
	return nil
}

// lenient decodes what fits. A member of an unexpected type is left out as a whole.
func lenient[T any](data []byte, out *T) {
	if json.Unmarshal(data, out) == nil {
		return
	}
	var fresh T
	*out = fresh
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return
	}
	for name, value := range members {
		single, err := json.Marshal(map[string]json.RawMessage{name: value})
		if err != nil {
			continue
		}
		// Tried on a copy first: a failure leaves a pointer to a zero value behind.
		attempt := *out
		if json.Unmarshal(single, &attempt) == nil {
			*out = attempt
		}
	}
}

// textOrJSON reads a member that holds JSON in a string, or the JSON itself.
func textOrJSON(raw json.RawMessage) *string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		text = string(raw)
	}
	return &text
}

// Flag is a label the directory keeps for applications and organisations.
type Flag struct {
	ID          string `json:"Id"`
	Name        string `json:"Name"`
	Value       string `json:"Value"`
	Type        string `json:"Type"`
	Status      string `json:"Status"`
	Description string `json:"Description"`
}

// UnmarshalJSON reads a flag as answers have it, or the identifier requests have.
func (f *Flag) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*f = Flag{}
		return json.Unmarshal(data, &f.ID)
	}
	type plain Flag
	var decoded plain
	lenient(data, &decoded)
	*f = Flag(decoded)
	return nil
}
