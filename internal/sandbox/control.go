package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
)

// controlled is one operation of the control listener; it runs with the sandbox unlocked.
type controlled func(r *http.Request, body []byte) (any, error)

// controlRoutes are the operations of the control listener with what they are for.
func (s *Sandbox) controlRoutes() map[string]struct {
	about string
	do    controlled
} {
	type route = struct {
		about string
		do    controlled
	}
	return map[string]route{
		"GET /history":                        {"every exchange; ?route= for one route", s.controlHistory},
		"GET /stats":                          {"counts", func(*http.Request, []byte) (any, error) { return s.Stats(), nil }},
		"POST /reset":                         {"forget history, counts and faults", s.controlReset},
		"GET /faults":                         {"the faults still to come", func(*http.Request, []byte) (any, error) { return s.faults.list(), nil }},
		"POST /faults":                        {"arm one fault or an array of them", s.controlFaults},
		"DELETE /faults":                      {"disarm all faults; history and counts stay", s.controlDisarm},
		"GET /objects":                        {"applications and registrations", s.controlObjects},
		"GET /secrets":                        {"every secret issued or configured, to look for where none may be", func(*http.Request, []byte) (any, error) { return s.Secrets(), nil }},
		"PATCH /applications/{id}":            {"merge patch of the directory's fields", s.controlEdit},
		"DELETE /applications/{id}":           {"deactivate an application", s.controlApplication((*Directory).Delete)},
		"POST /applications/{id}/lock":        {"lock an application", s.controlApplication((*Directory).Lock)},
		"POST /applications/{id}/unlock":      {"unlock an application", s.controlApplication((*Directory).Unlock)},
		"PUT /applications/{id}/roles":        {`set a role: {"domain","role","status"}`, s.controlRole},
		"POST /applications/{id}/suspend":     {"suspend an application", s.controlApplication((*Directory).Suspend)},
		"POST /applications/{id}/resume":      {"end the suspension of an application", s.controlApplication((*Directory).Resume)},
		"POST /applications/{id}/webhook":     {"confirm the notification webhook", s.controlApplication((*Directory).ConfirmWebhook)},
		"POST /applications/{id}/flags":       {`set a flag: {"flag"} with its id`, s.controlSetFlag},
		"POST /certificates/{kid}/revoke":     {`revoke a certificate: {"reason"}`, s.controlRevoke},
		"POST /certificates/{kid}/expire":     {"let the directory call a certificate expired", s.controlExpire},
		"PATCH /directory":                    {"change the temper of the directory", s.controlDirectory},
		"PUT /organisation/roles":             {`a role of the organisation: {"domain","role","status"}`, s.controlOrganisationRole},
		"POST /flags":                         {`new software statement flag: {"name","value"}`, s.controlAddFlag},
		"POST /flags/{id}/retire":             {"make a flag inactive", s.controlRetireFlag},
		"POST /keystore/rotate":               {"new statement signing key", s.controlRotateKey},
		"GET /servers/{name}/clients":         {"clients of a server; ?client_id= for one", s.controlClients},
		"PATCH /servers/{name}/clients":       {"merge patch of a client's metadata; ?client_id=", s.controlEditClient},
		"DELETE /servers/{name}/clients":      {"delete a client; ?client_id=", s.controlClient((*Server).Delete)},
		"POST /servers/{name}/clients/rotate": {"new registration access token, told here and to nobody else; ?client_id=", s.controlRotate},
		"PATCH /servers/{name}":               {"change the temper of a server", s.controlTemper},
	}
}

// controlHandler is the control listener: plain HTTP, loopback, outside history and faults.
func (s *Sandbox) controlHandler() http.Handler {
	mux := http.NewServeMux()
	index := map[string]string{}
	for name, route := range s.controlRoutes() {
		index[name] = route.about
		mux.HandleFunc(name, func(w http.ResponseWriter, r *http.Request) { s.control(w, r, route.do) })
	}
	mux.HandleFunc("GET /endpoints", func(w http.ResponseWriter, r *http.Request) {
		s.control(w, r, func(*http.Request, []byte) (any, error) { return map[string]any{"endpoints": index}, nil })
	})
	mux.HandleFunc("GET /{$}", s.statusHandler())
	mux.HandleFunc("GET /status.css", statusStyle)
	return s.guarded(mux)
}

func (s *Sandbox) control(w http.ResponseWriter, r *http.Request, do controlled) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var result any
	if err == nil {
		result, err = do(r, body)
	}
	out := outcome{answer: emptyAnswer(http.StatusNoContent), keep: -1}
	switch {
	case errors.Is(err, ErrNotFound):
		out.answer = jsonAnswer(http.StatusNotFound, map[string]any{"error": err.Error()})
	case err != nil:
		out.answer = jsonAnswer(http.StatusBadRequest, map[string]any{"error": err.Error()})
	case result != nil:
		out.answer = jsonAnswer(http.StatusOK, result)
	}
	out.write(w)
}

func (s *Sandbox) controlHistory(r *http.Request, _ []byte) (any, error) {
	return s.record.history(r.URL.Query().Get("route")), nil
}

func (s *Sandbox) controlReset(*http.Request, []byte) (any, error) {
	s.Reset()
	return nil, nil
}

func (s *Sandbox) controlFaults(_ *http.Request, body []byte) (any, error) {
	faults, err := ParseFaults(body)
	if err != nil {
		return nil, err
	}
	if err := s.Arm(faults...); err != nil {
		return nil, err
	}
	return s.faults.list(), nil
}

func (s *Sandbox) controlDisarm(*http.Request, []byte) (any, error) {
	s.faults.clear()
	return nil, nil
}

// controlObjects shows what exists, secrets left out.
func (s *Sandbox) controlObjects(*http.Request, []byte) (any, error) {
	directory := s.Directory()
	applications := []any{}
	for _, view := range directory.Applications() {
		id := textOf(view, "SoftwareStatementId")
		view["roles"], view["certificates"] = directory.Roles(id), directory.Certificates(id)
		applications = append(applications, redactObject(view))
	}
	servers := map[string]any{}
	for _, b := range s.banks {
		servers[b.name] = (&Server{bank: b}).redacted()
	}
	return map[string]any{"applications": applications, "registrations": servers}, nil
}

func (v *Server) redacted() []any {
	out := []any{}
	for _, view := range v.Clients() {
		out = append(out, redactObject(view))
	}
	return out
}

func (s *Sandbox) controlApplication(act func(*Directory, string) error) controlled {
	return func(r *http.Request, _ []byte) (any, error) { return nil, act(s.Directory(), r.PathValue("id")) }
}

func (s *Sandbox) controlEdit(r *http.Request, body []byte) (any, error) {
	patch, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if err := s.Directory().Edit(id, func(view map[string]any) { mergePatch(view, patch) }); err != nil {
		return nil, err
	}
	view, _ := s.Directory().Application(id)
	return redactObject(view), nil
}

func (s *Sandbox) controlRole(r *http.Request, body []byte) (any, error) {
	wanted, err := readRoleWanted(body)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory().SetRole(r.PathValue("id"), wanted.Domain, wanted.Role, wanted.Status)
}

func (s *Sandbox) controlRevoke(r *http.Request, body []byte) (any, error) {
	var wanted struct {
		Reason string `json:"reason"`
	}
	if len(body) > 0 {
		if err := decodeExact(body, &wanted); err != nil {
			return nil, err
		}
	}
	return nil, s.Directory().Revoke(r.PathValue("kid"), wanted.Reason)
}

func (s *Sandbox) controlRotateKey(*http.Request, []byte) (any, error) {
	return nil, s.Directory().RotateSigningKey()
}

func (s *Sandbox) controlServer(r *http.Request) (*Server, error) {
	if server := s.Server(r.PathValue("name")); server != nil {
		return server, nil
	}
	return nil, ErrNotFound
}

func (s *Sandbox) controlClients(r *http.Request, _ []byte) (any, error) {
	server, err := s.controlServer(r)
	if err != nil {
		return nil, err
	}
	id := r.URL.Query().Get("client_id")
	if id == "" {
		return server.redacted(), nil
	}
	client, ok := server.Client(id)
	if !ok {
		return nil, ErrNotFound
	}
	return redactObject(client), nil
}

func (s *Sandbox) controlEditClient(r *http.Request, body []byte) (any, error) {
	server, err := s.controlServer(r)
	if err != nil {
		return nil, err
	}
	patch, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	id := r.URL.Query().Get("client_id")
	if err := server.Edit(id, func(view map[string]any) { mergePatch(view, patch) }); err != nil {
		return nil, err
	}
	client, _ := server.Client(id)
	return redactObject(client), nil
}

func (s *Sandbox) controlClient(act func(*Server, string) error) controlled {
	return func(r *http.Request, _ []byte) (any, error) {
		server, err := s.controlServer(r)
		if err != nil {
			return nil, err
		}
		return nil, act(server, r.URL.Query().Get("client_id"))
	}
}

// controlRotate tells the new token, as the operator of a server does who is asked for one.
func (s *Sandbox) controlRotate(r *http.Request, _ []byte) (any, error) {
	server, err := s.controlServer(r)
	if err != nil {
		return nil, err
	}
	id := r.URL.Query().Get("client_id")
	if err := server.RotateToken(id); err != nil {
		return nil, err
	}
	client, ok := server.Client(id)
	if !ok || client["registration_access_token"] == nil {
		return nil, errors.New("sandbox: this server gives the client no registration access token")
	}
	out := map[string]any{"client_id": id}
	for _, name := range []string{"registration_access_token", "registration_client_uri"} {
		out[name] = client[name]
	}
	return out, nil
}

func (s *Sandbox) controlTemper(r *http.Request, body []byte) (any, error) {
	server, err := s.controlServer(r)
	if err != nil {
		return nil, err
	}
	var readErr error
	err = server.SetTemper(func(temper *Temper) {
		changed := *temper
		if readErr = json.Unmarshal(body, &changed); readErr == nil {
			*temper = changed
		}
	})
	return nil, errors.Join(readErr, err)
}

// mergePatch applies a JSON merge patch to an object (RFC 7396).
func mergePatch(target, patch map[string]any) {
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		current, wasObject := target[name].(map[string]any)
		switch {
		case value == nil:
			delete(target, name)
		case isObject && wasObject:
			merged := maps.Clone(current)
			mergePatch(merged, inner)
			target[name] = merged
		default:
			target[name] = value
		}
	}
}
