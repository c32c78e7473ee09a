package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// violation is one way in which a request breaks one rule of the document.
type violation struct {
	member, how string
	body        map[string]any
}

// longText is a value of a given length that breaks nothing else.
func longText(member string, length int) string {
	switch member {
	case "AdditionalSoftwareMetadata":
		return `{"a":"` + strings.Repeat("x", length-8) + `"}`
	case "ClientUri", "PolicyUri", "TermsOfServiceUri", "NotificationWebhook", "CertificationURI", "RedirectUri", "PostLogoutRedirectUris", "ApiWebhookUri", "OriginUri":
		return "https://app.example.com/" + strings.Repeat("x", length-len("https://app.example.com/"))
	default:
		return strings.Repeat("ã", length)
	}
}

// wrongValues are the values a member must not have, by what is wrong with them.
func wrongValues(member string, fact typeFact) map[string]any {
	out := map[string]any{}
	switch fact.Type {
	case "string":
		out["a number"], out["an array"], out["an object"] = 7, []any{"x"}, map[string]any{}
		if fact.MaxLength > 0 {
			out["too long"] = longText(member, fact.MaxLength+1)
		}
		if fact.MinLength > 0 {
			out["empty"] = ""
		}
		if fact.Enum != nil {
			out["not one of the values"], out["in other case"] = "Neither", strings.ToLower(fact.Enum[0])+" "
		}
		if fact.Pattern != "" {
			out["of another pattern"] = "gopher:hole"
		}
		if fact.Format == "uuid" {
			out["no UUID"] = "0b5ba4b9"
		}
	case "number":
		out["a string"], out["a boolean"] = "1.5", true
		if fact.MaxLength > 0 {
			out["too long"] = json.RawMessage("1" + strings.Repeat("0", fact.MaxLength))
		}
	case "boolean":
		out["a string"], out["a number"] = "true", 1
	case "array":
		out["a string"], out["an object"] = "https://app.example.com/cb", map[string]any{}
		if fact.Items.Type != "object" {
			for how, item := range wrongValues(member, *fact.Items) {
				out["an item that is "+how] = []any{item}
			}
			break
		}
		out["an item that is a string"] = []any{"x"}
	}
	return out
}

// violations are all ways in which a request of a schema can be wrong, each in a body that is right otherwise.
func (f *facts) violations(schema string, right map[string]any) []violation {
	var out []violation
	spoil := func(member, how string, change func(map[string]any)) {
		body := maps.Clone(right)
		change(body)
		out = append(out, violation{member, how, body})
	}
	for _, member := range f.Schemas[schema].Required {
		spoil(member, "missing", func(body map[string]any) { delete(body, member) })
		spoil(member, "null", func(body map[string]any) { body[member] = nil })
	}
	for member, fact := range f.Schemas[schema].Members {
		for how, value := range wrongValues(member, fact) {
			spoil(member, how, func(body map[string]any) { body[member] = value })
		}
		if fact.Items == nil || fact.Items.Schema == "" {
			continue
		}
		list, _ := right[member].([]any)
		item, _ := list[0].(map[string]any)
		for _, inner := range f.violations(fact.Items.Schema, item) {
			spoil(inner.member, "in "+member+" "+inner.how, func(body map[string]any) { body[member] = []any{inner.body} })
		}
	}
	return out
}

// request is one operation with a body that is right.
type request struct {
	url, token string
	body       map[string]any
}

// requests are right requests of every operation that takes JSON.
func (w *world) requests() map[string]request {
	w.t.Helper()
	own := w.api("softwarestatements", w.application())
	made, _ := w.certificate(own[strings.LastIndex(own, "/")+1:])
	update := w.wholeApplication()
	update["Status"] = "Suspended"
	role := map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "CONTA", "Status": "Active"}
	claims := w.want(200, ask{method: "GET", url: own + "/authorityclaims", token: w.info.AccessToken}).list(w.t)
	claim, _ := claims[0].(map[string]any)
	certification := map[string]any{
		"ProfileType": "FAPI RP", "ProfileVariant": "BR-OF", "ProfileVersion": 1.1, "Status": "Certified",
		"CertificationStartDate": "03/02/2026", "CertificationURI": "https://openid.net/certification",
	}
	second := maps.Clone(certification)
	second["ProfileType"] = "Other"
	other := w.on(201, "POST", own+"/certifications", second).object(w.t)
	user := w.info.AccessToken
	return map[string]request{
		"POST " + ofOrganisation + "/softwarestatements": {w.api("softwarestatements"), user, w.wholeApplication()},
		"PUT " + ofApplication:                           {own, user, update},
		"PUT " + ofApplication + "/unlock":               {own + "/unlock", w.info.AdministratorAccessToken, map[string]any{"Unlock": true}},
		"POST " + ofApplication + "/authorityclaims":     {own + "/authorityclaims", user, role},
		"PUT " + ofApplication + "/authorityclaims/{SoftwareAuthorityClaimId}": {
			own + "/authorityclaims/" + str(w.t, claim, "SoftwareAuthorityClaimId"), user, map[string]any{"Status": "Inactive"},
		},
		"PUT " + ofApplication + "/certificates/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}": {
			own + "/certificates/rtstransport/" + str(w.t, made, "kid"), user, map[string]any{"RevokeReason": "superseded"},
		},
		"POST " + ofCertifications:                                        {own + "/certifications", user, certification},
		"PUT " + ofCertifications + "/{SoftwareStatementCertificationId}": {own + "/certifications/" + str(w.t, other, "CertificationId"), user, second},
	}
}

// TestDirectoryLimits breaks every limit the document sets, one at a time.
func TestDirectoryLimits(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	f := readFacts(t)
	requests, tried := w.requests(), 0
	for route, operation := range f.Operations {
		fact, takesJSON := operation.Request["application/json"]
		if !takesJSON {
			continue
		}
		right, known := requests[route]
		if !known {
			t.Errorf("no request for %s", route)
			continue
		}
		method, _, _ := strings.Cut(route, " ")
		w.want(operation.Success, ask{method: method, url: right.url, token: right.token, body: right.body})
		for _, wrong := range f.violations(fact.Schema, right.body) {
			tried++
			w.refused(method, right, wrong)
		}
	}
	if tried < 300 {
		t.Errorf("only %d violations were tried", tried)
	}
}

func (w *world) refused(method string, right request, wrong violation) {
	w.t.Helper()
	got, err := w.try(ask{method: method, url: right.url, token: right.token, body: wrong.body})
	if err != nil {
		w.t.Fatal(err)
	}
	if got.status != 400 {
		w.t.Errorf("%s %s: %s %s: status %d: %.200s", method, right.url, wrong.member, wrong.how, got.status, got.text)
		return
	}
	messages, _ := got.object(w.t)["errors"].([]any)
	if !slices.ContainsFunc(messages, func(message any) bool { return strings.Contains(fmt.Sprint(message), wrong.member) }) {
		w.t.Errorf("%s %s: %s %s: the refusal does not name it: %s", method, right.url, wrong.member, wrong.how, got.text)
	}
}

// rightValues are values of a member at the edges of what is allowed.
func rightValues(member string, fact typeFact) []any {
	var out []any
	switch {
	case fact.Type == "boolean":
		return []any{true, false}
	case fact.Type == "number":
		return []any{1.0, 2.25}
	case fact.Enum != nil:
		for _, value := range fact.Enum {
			out = append(out, value)
		}
	case fact.Type == "string" && fact.MaxLength > 0:
		return []any{longText(member, fact.MaxLength)}
	case fact.Type == "array" && fact.Items.MaxLength > 0 && member != "Flags":
		return []any{[]any{longText(member, fact.Items.MaxLength)}}
	}
	return out
}

// TestDirectoryKeepsEveryMember writes every member at the edges of what is allowed and reads it back.
func TestDirectoryKeepsEveryMember(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	f := readFacts(t)
	id := w.create(w.wholeApplication())
	own := w.api("softwarestatements", id)
	for member, fact := range f.Schemas["SoftwareStatementUpdateRequest"].Members {
		whole := w.wholeApplication()
		for _, value := range append(rightValues(member, fact), whole[member]) {
			if value == nil || member == "Roles" || member == "Flags" {
				continue // Roles are read elsewhere, flags read as objects.
			}
			whole[member] = value
			written := w.on(200, "PUT", own, whole).object(t)
			read := w.on(200, "GET", own, nil).object(t)
			if !reflect.DeepEqual(written[member], value) || !reflect.DeepEqual(read[member], value) {
				t.Errorf("%s: wrote %.60v, answered %.60v, read %.60v", member, value, written[member], read[member])
			}
			if text, ok := value.(string); ok && fact.MaxLength > 0 && fact.Enum == nil && utf8.RuneCountInString(text) > fact.MaxLength {
				t.Errorf("%s: the test's own value is too long", member)
			}
		}
	}
	shown := w.on(200, "GET", own, nil).object(t)
	flags, _ := shown["Flags"].([]any)
	if len(flags) != 1 {
		t.Fatalf("Flags: %v", shown["Flags"])
	}
	if flag, _ := flags[0].(map[string]any); flag["Name"] != "journey" || flag["Value"] != "both" {
		t.Errorf("Flags: %v", flags)
	}
	if roles := w.Directory().Roles(id); len(roles) != 1 || roles[0].Role != "PAGTO" || roles[0].AuthorisationDomain != "Open Banking Brasil " {
		t.Errorf("Roles: %v", roles)
	}
}
