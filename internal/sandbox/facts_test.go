package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// facts are what the published OpenAPI document says about the operations the sandbox serves.
type facts struct {
	Operations map[string]struct {
		Scopes  []string            `json:"scopes"`
		Request map[string]typeFact `json:"request"`
		Success int                 `json:"success"`
		Answer  map[string]typeFact `json:"answer"`
		Errors  []int               `json:"errors"`
	} `json:"operations"`
	Schemas map[string]struct {
		Members  map[string]typeFact `json:"members"`
		Required []string            `json:"required"`
	} `json:"schemas"`
}

// typeFact is the type of a value with its limits.
type typeFact struct {
	Type      string    `json:"type"`
	Schema    string    `json:"schema"`
	Items     *typeFact `json:"items"`
	Enum      []string  `json:"enum"`
	MaxLength int       `json:"maxLength"`
	MinLength int       `json:"minLength"`
	Pattern   string    `json:"pattern"`
	Format    string    `json:"format"`
	Nullable  bool      `json:"nullable"`
}

func readFacts(t *testing.T) *facts {
	t.Helper()
	data, err := os.ReadFile("testdata/directory-facts.json")
	if err != nil {
		t.Fatal(err)
	}
	f := &facts{}
	if err := json.Unmarshal(data, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// The routes the exceptions are about.
const (
	ofOrganisation   = "/organisations/{OrganisationId}"
	ofApplication    = ofOrganisation + "/softwarestatements/{SoftwareStatementId}"
	ofCertifications = ofApplication + "/certifications"
)

// undeclared are the statuses the document does not list for an operation and the sandbox answers all the same.
func undeclared() map[string]string {
	const (
		gateway   = "the gateway refuses before the operation is asked"
		policy    = "who may unlock is policy, and the document lists no status for those who may not"
		forgotten = "the document forgets that the application may not exist"
		malformed = "the document forgets that an identifier may be malformed"
	)
	return map[string]string{
		"PUT " + ofApplication + " 403":                                                       gateway,
		"PUT " + ofApplication + "/unlock 403":                                                policy,
		"GET " + ofApplication + "/assertion 404":                                             forgotten,
		"GET " + ofApplication + "/authorityclaims 404":                                       forgotten,
		"POST " + ofApplication + "/authorityclaims 404":                                      forgotten,
		"POST " + ofApplication + "/certificates/{SoftwareStatementCertificateOrKeyType} 404": forgotten,
		"POST " + ofApplication + "/certificates/{SoftwareStatementCertificateOrKeyType} 415": "the body has one media type, and the document no status for others",
		"GET " + ofOrganisation + "/authorisationservers 400":                                 malformed,
		"GET " + ofCertifications + " 400":                                                    malformed,
		"GET " + ofCertifications + "/{SoftwareStatementCertificationId} 400":                 malformed,
		"POST " + ofCertifications + " 404":                                                   forgotten,
	}
}

// otherwise are the members in which real answers differ from the document.
func otherwise() map[string]string {
	const curve = "the document knows RSA keys only; real directories take EC keys, which RFC 7518 §6.2.1 writes so"
	const capped = "the document caps at 255 characters what is longer by nature"
	return map[string]string{
		"CertificateOrKey.crv": curve, "CertificateOrKey.x": curve, "CertificateOrKey.y": curve,
		"GET " + ofApplication + "/assertion": "the document caps at 4000 characters, and a statement is as long as what it says",
		"CertificateOrKey.n":                  capped, "CertificateOrKey.x5c": capped,
		"SoftwareStatement.HomepageUri": "newer than the document", "SoftwareStatementResponse.HomepageUri": "newer than the document",
	}
}

// unshown are what the sandbox never shows: optional members without a value here, and lists that are empty.
func unshown() []string {
	return []string{
		"AuthorisationServer", "ApiResource", "ApiDiscoveryEndpoint", "AuthorisationServerCertification", // The organisation has no server.
		"TermsAndConditionsItem", "ExternalSigningService", "ExternalSigningServiceSignerTemplateConfig", // Nothing is left to sign.
		"Sort.orderBy", // Nothing is sorted.
		"OrganisationAuthorityClaim.Authorisations", "OrganisationAuthorityClaim.Metadata",
		"Organisation.AddressLine2", "Organisation.Flags", "Organisation.LogoUri", "Organisation.ParentOrganisationReference", "Organisation.Size",
		"SoftwareStatementResponse.UpdateFailedReason", // An update that worked.
		"SoftwareStatement.ClientSecret",               // Told once, in the answer to a create or update.
	}
}

// watcher checks every answer of the directory against the facts.
type watcher struct {
	*facts
	t        *testing.T
	next     http.RoundTripper
	host     string
	mux      *http.ServeMux
	statuses map[string]map[int]bool
	members  map[string]bool
	excused  map[string]bool
}

// watch puts a watcher between the world and its directory.
func (w *world) watch() *watcher {
	w.t.Helper()
	api, err := url.Parse(w.info.APIURL)
	if err != nil {
		w.t.Fatal(err)
	}
	seen := &watcher{
		facts: readFacts(w.t), t: w.t, next: w.http.Transport, host: api.Host, mux: http.NewServeMux(),
		statuses: map[string]map[int]bool{}, members: map[string]bool{}, excused: map[string]bool{},
	}
	for route := range seen.Operations {
		seen.mux.Handle(route, http.NotFoundHandler())
		seen.statuses[route] = map[int]bool{}
	}
	w.http.Transport = seen
	return seen
}

// RoundTrip looks at an answer in passing.
func (s *watcher) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(request)
	if err != nil || request.URL.Host != s.host {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	_, route := s.mux.Handler(request)
	for _, fault := range s.check(route, response, body) {
		s.t.Errorf("%s %d: %s: %.300s", route, response.StatusCode, fault, body)
	}
	return response, err
}

func (s *watcher) check(route string, response *http.Response, body []byte) []string {
	operation, known := s.Operations[route]
	if !known {
		return []string{"no fact about " + response.Request.Method + " " + response.Request.URL.Path}
	}
	status := response.StatusCode
	s.statuses[route][status] = true
	if response.Header.Get("X-Fapi-Interaction-Id") == "" {
		return []string{"no interaction id"}
	}
	if status != operation.Success {
		return s.checkRefusal(route, status, response.Header.Get("Content-Type"), body)
	}
	media := response.Header.Get("Content-Type")
	if len(operation.Answer) == 0 {
		if len(body) > 0 || media != "" {
			return []string{"a body where the document has none"}
		}
		return nil
	}
	fact, declared := operation.Answer[media]
	if !declared {
		return []string{"undeclared media type " + media}
	}
	if media == "application/jwt" {
		return s.checkText(route, fact, string(body))
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{"not JSON"}
	}
	return s.checkValue(route, fact, value)
}

func (s *watcher) checkRefusal(route string, status int, media string, body []byte) []string {
	if key := fmt.Sprint(route, " ", status); !slices.Contains(s.Operations[route].Errors, status) {
		if undeclared()[key] == "" {
			return []string{"undeclared status"}
		}
		s.excused[key] = true
	}
	var refusal struct {
		Errors  []string `json:"errors"`
		Message string   `json:"message"`
	}
	if err := json.Unmarshal(body, &refusal); err != nil || media != "application/json" {
		return []string{"a refusal that is no JSON object of errors or a message"}
	}
	gateway := status == http.StatusUnauthorized || status == http.StatusForbidden
	if gateway != (refusal.Message != "") || gateway == (len(refusal.Errors) > 0) || slices.Contains(refusal.Errors, "") {
		return []string{"a refusal of the wrong kind"}
	}
	return nil
}

func (s *watcher) checkValue(at string, fact typeFact, value any) []string {
	if value == nil {
		if fact.Nullable {
			return nil
		}
		return []string{at + " is null"}
	}
	switch fact.Type {
	case "object":
		if object, ok := value.(map[string]any); ok {
			return s.checkObject(fact.Schema, object)
		}
	case "array":
		if list, ok := value.([]any); ok {
			var broken []string
			for _, item := range list {
				broken = append(broken, s.checkValue(at, *fact.Items, item)...)
			}
			return broken
		}
	case "string":
		if text, ok := value.(string); ok {
			return s.checkText(at, fact, text)
		}
	case "boolean":
		if _, ok := value.(bool); ok {
			return nil
		}
	case "number", "integer":
		if number, ok := value.(float64); ok && (fact.Type == "number" || number == float64(int64(number))) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is not of the type %s", at, fact.Type)}
}

func (s *watcher) checkObject(name string, object map[string]any) []string {
	if name == "" { // An object of which the document says no more.
		return nil
	}
	schema := s.Schemas[name]
	s.members[name] = true
	var broken []string
	for _, member := range schema.Required {
		if object[member] == nil {
			broken = append(broken, name+"."+member+" is missing")
		}
	}
	for member, value := range object {
		at := name + "." + member
		s.members[at] = true
		fact, known := schema.Members[member]
		switch {
		case known:
			broken = append(broken, s.checkValue(at, fact, value)...)
		case otherwise()[at] == "":
			broken = append(broken, at+" is not in the document")
		default:
			s.excused[at] = true
		}
	}
	return broken
}

func (s *watcher) checkText(at string, fact typeFact, text string) []string {
	switch {
	case fact.MaxLength > 0 && utf8.RuneCountInString(text) > fact.MaxLength:
		if otherwise()[at] == "" {
			return []string{at + " is too long"}
		}
		s.excused[at] = true
	case len(text) < fact.MinLength:
		return []string{at + " is too short"}
	case fact.Enum != nil && !slices.Contains(fact.Enum, text):
		return []string{fmt.Sprintf("%s is %q, none of %v", at, text, fact.Enum)}
	case fact.Pattern != "" && !regexp.MustCompile(fact.Pattern).MatchString(text):
		return []string{fmt.Sprintf("%s is %q, which does not match", at, text)}
	case fact.Format == "uuid" && len(text) != 36:
		return []string{at + " is no UUID"}
	}
	return nil
}

// TestDirectoryFacts drives every operation of the directory and holds every answer against the document.
func TestDirectoryFacts(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	seen := w.watch()
	routes := w.DirectoryRoutes()
	if documented := slices.Sorted(maps.Keys(seen.Operations)); !slices.Equal(routes, documented) {
		t.Fatalf("routes and facts differ:\n%s\n\n%s", strings.Join(routes, "\n"), strings.Join(documented, "\n"))
	}
	for _, route := range routes {
		w.refusals(seen, route)
	}
	w.driveReferences()
	w.driveApplications()
	w.driveRoles()
	w.driveCertificates()
	w.driveCertifications()
	for _, route := range routes {
		for _, status := range []int{seen.Operations[route].Success, 401, 403} {
			if !seen.statuses[route][status] {
				t.Errorf("%s was never answered %d", route, status)
			}
		}
	}
	for _, gap := range seen.gaps() {
		t.Error(gap)
	}
}

// refusals asks for what the gateway or the path decides, with every kind of token.
func (w *world) refusals(seen *watcher, route string) {
	w.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	const nobody = "00000000-0000-4000-8000-000000000000"
	at := func(organisation, application string) string {
		path := strings.NewReplacer("{OrganisationId}", organisation, "{SoftwareStatementId}", application).Replace(path)
		return w.info.APIURL + regexp.MustCompile(`{\w+}`).ReplaceAllString(path, "unknown")
	}
	one := ask{method: method, url: at(w.info.OrganisationID, nobody), body: map[string]any{}}
	w.want(401, one)
	for _, scope := range []string{"openid", "directory:software", "directory:website"} {
		one.token = w.MintToken(scope)
		got, err := w.try(one)
		if err != nil {
			w.t.Fatal(err)
		}
		if allowed := slices.Contains(seen.Operations[route].Scopes, scope); allowed == (got.status == 401 || got.status == 403) {
			w.t.Errorf("%s with %s: %d", route, scope, got.status)
		}
		if strings.Contains(path, "{SoftwareStatementId}") && got.status < 400 {
			w.t.Errorf("%s of nobody's application: %d", route, got.status)
		}
	}
	if strings.Contains(path, "{OrganisationId}") {
		one.url = at(nobody, nobody)
		w.want(403, one)
		one.url = at(strings.Repeat("x", 41), nobody)
		w.want(400, one)
	}
}

// gaps are members nobody saw and exceptions nobody needs.
func (s *watcher) gaps() []string {
	var out []string
	for name := range s.answered() {
		if slices.Contains(unshown(), name) {
			continue
		}
		if !s.members[name] {
			out = append(out, "no answer held a "+name)
			continue
		}
		for member := range s.Schemas[name].Members {
			if at := name + "." + member; !s.members[at] && !slices.Contains(unshown(), at) {
				out = append(out, "no answer held "+at)
			}
		}
	}
	for _, excuse := range slices.Concat(slices.Collect(maps.Keys(undeclared())), slices.Collect(maps.Keys(otherwise()))) {
		if !s.excused[excuse] {
			out = append(out, "nothing needs the exception "+excuse)
		}
	}
	slices.Sort(out)
	return out
}

// answered are the schemas an answer may hold.
func (s *watcher) answered() map[string]bool {
	out := map[string]bool{}
	var visit func(typeFact)
	visit = func(fact typeFact) {
		if fact.Items != nil {
			visit(*fact.Items)
		}
		if fact.Schema == "" || out[fact.Schema] {
			return
		}
		out[fact.Schema] = true
		for _, member := range s.Schemas[fact.Schema].Members {
			visit(member)
		}
	}
	for _, operation := range s.Operations {
		for _, fact := range operation.Answer {
			visit(fact)
		}
	}
	return out
}
