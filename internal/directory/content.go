package directory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
)

const (
	versionMember  = "Version"
	rolesMember    = "Roles"
	flagsMember    = "Flags"
	metadataMember = "AdditionalSoftwareMetadata"
)

// StatedMembers are the members of an application that a software statement may say.
// Directories differ in which of them one does say.
func StatedMembers() []string {
	return []string{
		"ClientName", "ClientId", versionMember, "RedirectUri", "LogoUri", "ClientUri", "HomepageUri", "PolicyUri", "TermsOfServiceUri", "PostLogoutRedirectUris",
		"Description", "Environment", "Mode", "OnBehalfOf", "ApiWebhookUri", "OriginUri", "RelatedAuthorisationServer", "RequireSignedRequestObject",
		"TlsClientCertificateBoundAccessTokens", "IdTokenSignedResponseAlgorithm", flagsMember, metadataMember,
	}
}

// Content is what a software statement may say of an application, by member and in a
// normal form: lists are sorted, numbers and JSON in texts are read, and what is empty is
// left out. Two contents that are equal make statements that say the same.
type Content map[string]json.RawMessage

// NewContent takes the content of an application with its roles, of which those with
// another status than active do not count.
func NewContent(app *Application, roles []Role) Content {
	content := Content{}
	for _, member := range StatedMembers() {
		raw := app.Raw[member]
		switch member {
		case versionMember:
			// Answers write it bare and as a text.
			if f, err := app.Version.Float64(); err == nil {
				raw = encoded(f)
			}
		case flagsMember:
			raw = flagIDs(app.Flags)
		case metadataMember:
			if app.AdditionalMetadata != nil {
				raw = json.RawMessage(*app.AdditionalMetadata)
			}
		}
		content.add(member, raw)
	}
	var held []string
	for _, role := range roles {
		if role.Active() {
			held = append(held, role.AuthorisationDomain+"/"+role.Role)
		}
	}
	content.add(rolesMember, encoded(held))
	return content
}

func flagIDs(flags []Flag) json.RawMessage {
	ids := make([]string, len(flags))
	for i, flag := range flags {
		ids[i] = flag.ID
	}
	return encoded(ids)
}

// add brings a value into its normal form. What is not JSON stays as it is, as a text.
func (c Content) add(member string, raw json.RawMessage) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	// Numbers stay as they are written: float64 would take large ones for each other.
	decoder.UseNumber()
	if len(raw) > 0 && decoder.Decode(&value) != nil {
		value = string(raw)
	}
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	case map[string]any:
		if len(v) == 0 {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
		slices.SortFunc(v, func(a, b any) int { return slices.Compare(encoded(a), encoded(b)) })
		value = slices.CompactFunc(v, func(a, b any) bool { return slices.Equal(encoded(a), encoded(b)) })
	}
	c[member] = encoded(value)
}

// Changed names the members in which two contents differ, sorted.
func (c Content) Changed(now Content) []string {
	var names []string
	for _, member := range append(StatedMembers(), rolesMember) {
		if !slices.Equal(c[member], now[member]) {
			names = append(names, member)
		}
	}
	slices.Sort(names)
	return names
}

// Digest is a short SHA-256 of the content together with whatever else is to change it.
func (c Content) Digest(salt int) string {
	said := maps.Clone(c)
	if salt != 0 {
		said[""] = encoded(salt)
	}
	sum := sha256.Sum256(encoded(said))
	return hex.EncodeToString(sum[:8])
}

// encoded is JSON as it is shown, of what came from JSON, which cannot fail.
func encoded(value any) json.RawMessage {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return nil
	}
	return bytes.TrimSpace(buffer.Bytes())
}
