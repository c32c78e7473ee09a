package directory

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// selfManaged is the federation management type under which the client identifier is the
// participant's own, and so part of what a request may set.
const selfManaged = "openid_entity_self_managed"

// responseOnly are the members only answers have. Roles are changed as authority claims:
// a replacement ignores them by design.
func responseOnly() []string {
	return []string{
		"SoftwareStatementId", "OrganisationId", "ClientSecret", "Locked", "RtsClientCreated",
		"NotificationWebhookStatus", "CreatedAt", "UpdatedAt", "FederationEndpoint",
		"UpdateFailed", "UpdateFailedReason", "SoftwareStatementCertifications",
		"OperationWarnings", "Revision", "Roles",
	}
}

// overlay makes the body of a replacement: the current application as a request would have
// it, unknown members included, with the changes on top.
func overlay(current map[string]json.RawMessage, changes Fields) (map[string]json.RawMessage, error) {
	body := make(map[string]json.RawMessage, len(current)+len(changes))
	for name, value := range current {
		if !bytes.Equal(value, []byte("null")) {
			body[name] = value
		}
	}
	for _, name := range responseOnly() {
		delete(body, name)
	}
	if textOf(body["OpenidFederationEntityManagementType"]) != selfManaged {
		delete(body, "ClientId")
	}
	// A request may say only these two; deleting is another call.
	if status := textOf(body["Status"]); status != StatusActive && status != StatusSuspended {
		delete(body, "Status")
	}
	if err := flagIdentifiers(body); err != nil {
		return nil, err
	}
	for name, value := range changes {
		if value == nil {
			delete(body, name)
			continue
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", name, err)
		}
		body[name] = encoded
	}
	return body, nil
}

// flagIdentifiers turns the flag objects of an answer into the identifiers of a request.
func flagIdentifiers(body map[string]json.RawMessage) error {
	raw, present := body["Flags"]
	if !present {
		return nil
	}
	var flags []Flag
	if err := json.Unmarshal(raw, &flags); err != nil {
		return fmt.Errorf("the application's flags cannot be read: %w", err)
	}
	identifiers := make([]string, 0, len(flags))
	for _, flag := range flags {
		identifiers = append(identifiers, flag.ID)
	}
	encoded, err := json.Marshal(identifiers)
	if err != nil {
		return fmt.Errorf("encode Flags: %w", err)
	}
	body["Flags"] = encoded
	return nil
}

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
