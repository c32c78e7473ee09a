package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

const (
	statusActive    = "Active"
	statusSuspended = "Suspended"
	statusInactive  = "Inactive"
)

// application is one software statement with everything below it.
type application struct {
	ID             string           `json:"id"`
	ClientID       string           `json:"client_id,omitempty"`
	Fields         map[string]any   `json:"fields"`
	Status         string           `json:"status"`
	Locked         bool             `json:"locked"`
	Secret         string           `json:"secret,omitempty"`
	WebhookStatus  string           `json:"webhook_status,omitempty"`
	UpdateFailure  string           `json:"update_failure,omitempty"`
	CreatedAt      time.Time        `json:"created_at"`
	Roles          []*Role          `json:"roles"`
	Certificates   []*certificate   `json:"certificates"`
	Certifications []map[string]any `json:"certifications"`
	Statements     int              `json:"statements,omitempty"` // issued so far
}

// clientID is how the application calls itself at the directory's authorization server.
func (app *application) clientID() string {
	if app.ClientID != "" {
		return app.ClientID
	}
	return app.ID
}

// applicationOf finds an application by its client ID.
func (s *Sandbox) applicationOf(clientID string) *application {
	if app := s.state.Applications[clientID]; app != nil && app.ClientID == "" {
		return app
	}
	for _, app := range s.state.Applications {
		if app.ClientID != "" && app.ClientID == clientID {
			return app
		}
	}
	return nil
}

func (s *Sandbox) listApplications(*call, *token) answer {
	list := []any{}
	for _, id := range s.state.Order {
		if app := s.state.Applications[id]; app.Status != statusInactive || !s.options.HideDeleted {
			list = append(list, s.view(app))
		}
	}
	return jsonAnswer(http.StatusOK, list)
}

func (s *Sandbox) readApplication(_ *call, _ *token, app *application) answer {
	if app.Status == statusInactive && s.options.HideDeleted {
		return directoryErrors(http.StatusNotFound, "the software statement does not exist")
	}
	return jsonAnswer(http.StatusOK, s.view(app))
}

func (s *Sandbox) createApplication(c *call, _ *token) answer {
	request, err := decodeObject(c.body)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	app, warnings, broken := s.newApplication(request)
	if len(broken) > 0 {
		return directoryErrors(http.StatusBadRequest, broken...)
	}
	c.effect = "created application " + app.ID
	return s.written(http.StatusCreated, app, warnings, app.Secret != "")
}

// newApplication checks and stores a new application.
func (s *Sandbox) newApplication(request map[string]any) (*application, []string, []string) {
	fields, broken := s.checkFields(request)
	roles, wrongRoles := readRoles(request["Roles"], s.readOneRole)
	clientID, wrongClientID := s.readClientID(request, "")
	broken = slices.Concat(broken, wrongRoles, wrongClientID, s.unknownFlags(fields))
	if len(broken) > 0 {
		return nil, nil, broken
	}
	warnings := s.hostLogo(fields)
	app := &application{ID: newUUID(), Fields: fields, Status: statusActive, CreatedAt: s.now(), Roles: roles, ClientID: clientID}
	if app.ClientID == "" {
		app.ClientID = s.newClientID(app.ID)
	}
	if textOf(fields, "NotificationWebhook") != "" {
		app.WebhookStatus = "Pending"
	}
	s.renewSecret(app, "")
	s.state.Applications[app.ID] = app
	s.state.Order = append(s.state.Order, app.ID)
	return app, warnings, nil
}

// renewSecret gives a client_secret_basic application its secret when it becomes one.
func (s *Sandbox) renewSecret(app *application, before string) bool {
	method := textOf(app.Fields, "TokenEndpointAuthMethod")
	switch {
	case method != methodBasic:
		app.Secret = ""
		return false
	case before == methodBasic:
		return false
	default:
		app.Secret = randomText(43, alphanumerics+"-_")
		s.remember(app.Secret)
		return true
	}
}

// written is the answer to a create or update: the view, what went less than well and, once, the secret.
func (s *Sandbox) written(status int, app *application, warnings []string, tellSecret bool) answer {
	view := s.view(app)
	if len(warnings) > 0 {
		view["OperationWarnings"] = warnings
	}
	if tellSecret {
		view["ClientSecret"] = app.Secret
	}
	return jsonAnswer(status, view)
}

// replaceApplication is PUT: a full replacement of what the OpenAPI document names.
func (s *Sandbox) replaceApplication(c *call, _ *token, app *application) answer {
	if app.Status == statusInactive {
		return directoryErrors(http.StatusNotFound, "the software statement does not exist")
	}
	request, err := decodeObject(c.body)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	fields, broken := s.checkFields(request)
	status := app.Status
	if value, given := request["Status"]; given && value != nil {
		status, _ = value.(string)
		if !isOneOf(status, statusActive, statusSuspended) {
			broken = append(broken, "Status: must be one of Active, Suspended")
		}
	}
	clientID, wrongClientID := s.readClientID(request, app.ClientID)
	broken = slices.Concat(broken, s.checkRoles(request), wrongClientID, s.unknownFlags(fields))
	if len(broken) > 0 {
		return directoryErrors(http.StatusBadRequest, broken...)
	}
	warnings := s.hostLogo(fields)
	keepUnknown(fields, app.Fields, request)
	if s.options.Directory.KeepOmitted {
		keepOmitted(fields, app.Fields, request)
	}
	if app.Locked {
		refused := s.lockRefuses(app, fields, status)
		if clientID != app.ClientID {
			refused = append(refused, "ClientId: the software statement is locked and this field cannot be changed")
		}
		if len(refused) > 0 {
			return directoryErrors(s.options.Directory.LockedStatus, refused...)
		}
	}
	before := textOf(app.Fields, "TokenEndpointAuthMethod")
	if textOf(fields, "NotificationWebhook") != textOf(app.Fields, "NotificationWebhook") {
		app.WebhookStatus = "Pending"
	}
	app.Fields, app.Status, app.ClientID, app.UpdateFailure = fields, status, clientID, ""
	c.effect = "updated application " + app.ID
	return s.written(http.StatusOK, app, warnings, s.renewSecret(app, before))
}

// keepUnknown keeps a stored member the OpenAPI document does not name, if the request sends it back.
func keepUnknown(fields, stored, request map[string]any) {
	for name := range stored {
		if value, sent := request[name]; sent && !isKnownField(name) {
			fields[name] = value
		}
	}
}

// keepOmitted keeps every stored member the request does not mention.
func keepOmitted(fields, stored, request map[string]any) {
	for name, value := range stored {
		if _, sent := request[name]; !sent {
			fields[name] = value
		}
	}
}

// deleteApplication only deactivates: nothing in the directory is ever erased.
func (s *Sandbox) deleteApplication(c *call, _ *token, app *application) answer {
	if app.Status == statusInactive {
		return s.deletedAlready()
	}
	s.deactivate(app)
	c.effect = "deleted application " + app.ID
	return emptyAnswer(http.StatusNoContent)
}

func (s *Sandbox) deletedAlready() answer {
	if status := s.options.Directory.SecondDeleteStatus; status != http.StatusNoContent {
		return directoryErrors(status, "the software statement does not exist")
	}
	return emptyAnswer(http.StatusNoContent)
}

func (s *Sandbox) deactivate(app *application) {
	app.Status = statusInactive
	app.Secret = ""
	for value, t := range s.state.Tokens {
		if t.ClientID == app.clientID() {
			delete(s.state.Tokens, value)
		}
	}
}

// view is the application as the directory shows it; optional members that are not set are left out.
func (s *Sandbox) view(app *application) map[string]any {
	out := cloneObject(app.Fields)
	maps.Copy(out, map[string]any{
		"SoftwareStatementId": app.ID, "OrganisationId": s.state.OrganisationID, "Status": app.Status, "Locked": app.Locked,
		"RtsClientCreated": app.Status != statusInactive, "CreatedAt": stamp(app.CreatedAt), "UpdateFailed": app.UpdateFailure != "",
	})
	if app.Status != statusInactive {
		out["ClientId"] = app.clientID()
	}
	if app.UpdateFailure != "" {
		out["UpdateFailedReason"] = app.UpdateFailure
	}
	if app.WebhookStatus != "" && textOf(app.Fields, "NotificationWebhook") != "" {
		out["NotificationWebhookStatus"] = app.WebhookStatus
	}
	if flags := textsOf(app.Fields["Flags"]); len(flags) > 0 {
		out["Flags"] = s.flagObjects(flags)
	}
	if enabled, _ := app.Fields["OpenidFederationEnabled"].(bool); enabled {
		out["FederationEndpoint"] = s.urls.data + "/federation/" + app.ID
	}
	if len(app.Certifications) > 0 {
		list := make([]any, len(app.Certifications))
		for i, certification := range app.Certifications {
			list[i] = cloneObject(certification)
		}
		out["SoftwareStatementCertifications"] = list
	}
	return out
}
