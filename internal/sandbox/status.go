package sandbox

import (
	"bytes"
	"cmp"
	"crypto/x509"
	_ "embed" // The page and its style sheet.
	"encoding/pem"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed status.html
var statusTemplate string

//go:embed status.css
var statusSheet []byte

const (
	statusRequests = 100
	statusTextSize = 300
	expiresSoon    = 30 * 24 * time.Hour
)

// statusPage is all that the status page shows. Its members are chosen one by one, so that no secret is among them.
type statusPage struct {
	Organisation, OrganisationID string
	Now                          time.Time
	Statements                   int
	Applications                 []statusApplication
	Certificates                 []statusCertificate
	Servers                      []statusServer
	Registrations                int
	Requests                     []statusRequest
	Faults                       []Fault
}

type statusApplication struct {
	Name, ID, Version, Status string
	Locked                    bool
	Roles                     []Role
	Statements                int
}

type statusCertificate struct {
	Type, Kid, Subject, Application, Status string
	Expiry                                  statusExpiry
}

type statusServer struct {
	Name, Issuer string
	Clients      []statusClient
}

type statusClient struct {
	ID, Name, Method, Secret string // Secret says that there is none or that it never expires
	Expiry                   statusExpiry
}

type statusRequest struct {
	Time                        time.Time
	Server, Method, Path, Fault string
	Status                      int
}

// statusExpiry is a date with how far away it is.
type statusExpiry struct {
	At         time.Time
	Left       string
	Soon, Gone bool
}

// statusHandler answers with the page, as it is at this moment.
func (s *Sandbox) statusHandler() http.HandlerFunc {
	page := template.Must(template.New("status").Funcs(template.FuncMap{
		"date":   func(at time.Time) string { return at.UTC().Format(time.DateOnly) },
		"moment": func(at time.Time) string { return at.UTC().Format(time.DateTime) },
		"iso":    func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
	}).Parse(statusTemplate))
	return func(w http.ResponseWriter, _ *http.Request) {
		var text bytes.Buffer
		if err := page.Execute(&text, s.statusPage()); err != nil {
			outcome{answer: jsonAnswer(http.StatusInternalServerError, map[string]any{"error": "sandbox: the status page: " + err.Error()}), keep: -1}.write(w)
			return
		}
		shown(typedAnswer(http.StatusOK, "text/html; charset=utf-8", text.Bytes())).write(w)
	}
}

// statusStyle serves the style sheet of the page.
func statusStyle(w http.ResponseWriter, _ *http.Request) {
	shown(typedAnswer(http.StatusOK, "text/css; charset=utf-8", statusSheet)).write(w)
}

// shown is an answer for a browser, which may run and load nothing but the style sheet, and keeps nothing.
func shown(a answer) outcome {
	a.header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	a.header.Set("X-Content-Type-Options", "nosniff")
	a.header.Set("Referrer-Policy", "no-referrer")
	a.header.Set("Cross-Origin-Resource-Policy", "same-origin")
	a.header.Set("Cache-Control", "no-store")
	return outcome{answer: a, keep: -1}
}

func (s *Sandbox) statusPage() statusPage {
	page := statusPage{Faults: s.faults.list(), Now: s.now()}
	for _, exchange := range s.record.last(statusRequests) {
		path, _, _ := strings.Cut(exchange.Path, "?")
		page.Requests = append(page.Requests, statusRequest{
			Time: exchange.Time, Server: exchange.Server, Method: exchange.Method, Path: brief(redactText(path)), Fault: exchange.Fault, Status: exchange.Status,
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page.Organisation, page.OrganisationID = organisationName, s.state.OrganisationID
	for _, id := range s.state.Order {
		app := s.state.Applications[id]
		page.Statements += app.Statements
		page.Applications = append(page.Applications, app.statusRow())
		page.Certificates = append(page.Certificates, app.statusCertificates(page.Now)...)
	}
	for _, b := range s.banks {
		page.Servers = append(page.Servers, b.statusRows(page.Now))
		page.Registrations += len(b.state.Order)
	}
	return page
}

func (app *application) statusRow() statusApplication {
	row := statusApplication{
		Name: brief(textOf(app.Fields, "ClientName")), ID: app.ID, Status: app.Status, Locked: app.Locked, Statements: app.Statements,
	}
	if version := app.Fields["Version"]; version != nil {
		row.Version = brief(string(encodeJSON(version)))
	}
	for _, role := range app.Roles {
		row.Roles = append(row.Roles, Role{AuthorisationDomain: brief(role.AuthorisationDomain), Role: brief(role.Role), Status: role.Status})
	}
	return row
}

func (app *application) statusCertificates(now time.Time) []statusCertificate {
	rows := make([]statusCertificate, len(app.Certificates))
	for i, held := range app.Certificates {
		rows[i] = statusCertificate{
			Type: held.Type, Kid: held.Kid, Subject: brief(held.subject()), Application: brief(textOf(app.Fields, "ClientName")),
			Status: held.status(now, app), Expiry: expiryOf(held.NotAfter, now),
		}
	}
	return rows
}

func (b *bank) statusRows(now time.Time) statusServer {
	server := statusServer{Name: b.name, Issuer: b.issuer()}
	for _, id := range b.state.Order {
		client := b.state.Clients[id]
		row := statusClient{ID: brief(client.ID), Name: brief(textOf(client.Metadata, "client_name")), Method: brief(textOf(client.Metadata, "token_endpoint_auth_method"))}
		switch {
		case client.Secret == "":
			row.Secret = "no secret"
		case client.SecretExpires == 0:
			row.Secret = "never"
		default:
			row.Expiry = expiryOf(time.Unix(client.SecretExpires, 0), now)
		}
		server.Clients = append(server.Clients, row)
	}
	return server
}

// subject is the subject of a certificate in the order it was written; a bare key has none.
func (h *certificate) subject() string {
	block, _ := pem.Decode([]byte(h.PEM))
	if block == nil || h.isKey() {
		return ""
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return ""
	}
	known := map[string]string{
		"2.5.4.3": "CN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
		"2.5.4.15": "businessCategory", oidUserID().String(): "UID", oidOrganizationIdentifier().String(): "organizationIdentifier",
		"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionCountryName",
	}
	parts := make([]string, len(parsed.Subject.Names))
	for i, attribute := range parsed.Subject.Names {
		oid := attribute.Type.String()
		parts[i] = cmp.Or(known[oid], oid) + "=" + fmt.Sprint(attribute.Value)
	}
	return strings.Join(parts, ", ")
}

// expiryOf says how far away a date is; the zero date is none.
func expiryOf(at, now time.Time) statusExpiry {
	if at.IsZero() {
		return statusExpiry{}
	}
	left := at.Sub(now)
	out := statusExpiry{At: at, Gone: left <= 0, Soon: left > 0 && left < expiresSoon}
	switch days := int(left.Hours() / 24); {
	case out.Gone:
		out.Left = "expired"
	case days == 0:
		out.Left = "less than a day left"
	case days == 1:
		out.Left = "1 day left"
	default:
		out.Left = strconv.Itoa(days) + " days left"
	}
	return out
}

// brief keeps a text that somebody else wrote from filling the page.
func brief(text string) string {
	if runes := []rune(text); len(runes) > statusTextSize {
		return string(slices.Concat(runes[:statusTextSize], []rune("…")))
	}
	return text
}
