package dcr_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
)

// habits are how a real server differs from the others.
type habits struct {
	name       string
	created    int  // Status of a registration.
	unmanaged  bool // No client configuration endpoint at all.
	hides      bool // Read and update say neither token nor URI.
	rotates    bool // An update replaces the registration access token.
	rotateRead bool // So does a read.
	merges     bool // An update keeps members it leaves out.
	echoes     bool // An update answers the request.
	strict     bool // Forbidden members, or no client_id, in an update give 400.
	bans       string
	newSecret  bool // An update mints a secret.
	listMethod bool // A read shows token_endpoint_auth_method as a list.
	noUpdate   bool // Update and removal are switched off.
	removed    int
	unknown    int // Status for a wrong token and for a removed client.
	code       string
}

func realServers() []habits {
	return []habits{
		{name: "oidc-provider", created: 201, rotates: true, strict: true, removed: 204, unknown: 401, code: "invalid_token"},
		{name: "oidc-provider without management", created: 201, noUpdate: true, removed: 404, unknown: 401, code: "invalid_token"},
		{name: "Hydra", created: 201, hides: true, rotates: true, bans: "client_secret", removed: 204, unknown: 401, code: "The requested resource could not be found"},
		{name: "Glewlwyd", created: 200, hides: true, merges: true, echoes: true, newSecret: true, listMethod: true, removed: 200, unknown: 401},
		{name: "Authlib", created: 201, strict: true, removed: 204, unknown: 400, code: "access_denied"},
		{name: "Authlib that rotates", created: 201, rotates: true, rotateRead: true, strict: true, removed: 204, unknown: 400, code: "access_denied"},
		{name: "MCP SDK", created: 201, unmanaged: true},
	}
}

// realServer is a server with the habits of a real one, holding one client.
type realServer struct {
	habits

	mu     sync.Mutex
	url    string
	token  int
	secret int
	client map[string]any
}

func (s *realServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sent map[string]any
	if text, err := io.ReadAll(r.Body); err == nil && len(text) > 0 && json.Unmarshal(text, &sent) != nil {
		answer(w, 400, `{"error":"invalid_request"}`)
		return
	}
	if r.Method == http.MethodPost {
		s.client = sent
		s.say(w, s.created, s.identity(maps.Clone(sent), !s.unmanaged))
		return
	}
	if s.client == nil || r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", s.token) {
		refuse(w, s.unknown, s.code)
		return
	}
	switch {
	case r.Method == http.MethodGet:
		s.read(w)
	case s.noUpdate:
		answer(w, 404, "Not Found", "Content-Type", "text/plain")
	case r.Method == http.MethodPut:
		s.update(w, sent)
	default:
		s.client = nil
		w.WriteHeader(s.removed)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	if code == "" {
		w.WriteHeader(status)
		return
	}
	answer(w, status, `{"error":"`+code+`"}`)
}

func (s *realServer) say(w http.ResponseWriter, status int, document map[string]any) {
	body, err := json.Marshal(document)
	if err != nil {
		status = 500
	}
	answer(w, status, string(body))
}

// identity adds what a server says of a client besides its metadata.
func (s *realServer) identity(document map[string]any, managed bool) map[string]any {
	document["client_id"] = "one"
	document["client_secret"] = fmt.Sprintf("secret-%d", s.secret)
	document["client_secret_expires_at"] = 0
	if managed {
		document["registration_access_token"] = fmt.Sprintf("token-%d", s.token)
		document["registration_client_uri"] = s.url + "/clients/one?a=%2f"
	}
	return document
}

func (s *realServer) read(w http.ResponseWriter) {
	if s.rotateRead {
		s.token++
	}
	document := maps.Clone(s.client)
	if s.listMethod {
		document["token_endpoint_auth_method"] = []any{document["token_endpoint_auth_method"]}
	}
	s.say(w, 200, s.identity(document, !s.hides))
}

func (s *realServer) update(w http.ResponseWriter, sent map[string]any) {
	for name := range sent {
		forbidden := name != "client_id" && strings.HasPrefix(name, "client_id_") || strings.HasPrefix(name, "registration_") || strings.HasPrefix(name, "client_secret_")
		if name == s.bans || s.strict && forbidden {
			refuse(w, 403, "request_forbidden")
			return
		}
	}
	if s.strict && sent["client_id"] != "one" {
		refuse(w, 400, "invalid_request")
		return
	}
	if s.rotates {
		s.token++
	}
	if s.newSecret {
		s.secret++
	}
	delete(sent, "client_id")
	if s.merges {
		maps.Copy(s.client, sent)
	} else {
		s.client = sent
	}
	document := s.identity(maps.Clone(s.client), !s.hides)
	if s.rotates {
		document["registration_access_token"] = fmt.Sprintf("token-%d", s.token)
	}
	if s.echoes {
		document = maps.Clone(sent)
		document["client_id"] = "one"
	}
	s.say(w, 200, document)
}

// TestRealServers takes one client through its life at each kind of server.
func TestRealServers(t *testing.T) {
	t.Parallel()
	for _, h := range realServers() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			server := &realServer{habits: h}
			b := newBank(t, server.ServeHTTP)
			server.url = b.URL
			life := &life{t: t, habits: h, client: b.connect(t), asked: metadata(t,
				`{"client_name":"App","token_endpoint_auth_method":"private_key_jwt","redirect_uris":["https://a/","https://b/"],"contacts":["x@y"]}`)}
			life.register(b.URL + "/register")
			if h.unmanaged {
				return
			}
			life.read()
			life.update()
			life.remove()
			b.counted(t, "POST", 1)
		})
	}
}

type life struct {
	habits

	t      *testing.T
	client *dcr.Client
	asked  dcr.Metadata
	m      dcr.Management
}

// learn keeps what an answer says, as state does.
func (l *life) learn(reg *dcr.Registration, err error) {
	l.t.Helper()
	succeeds(l.t, err)
	if !reg.RegistrationAccessToken.Empty() {
		l.m.Token = reg.RegistrationAccessToken
	}
	if reg.RegistrationClientURI != "" {
		l.m.URI = reg.RegistrationClientURI
	}
	equal(l.t, "client_id", reg.ClientID, "one")
	for name, value := range l.asked {
		if !dcr.Equal(name, value, reg.Metadata[name]) {
			l.t.Errorf("%s is %s, want %s", name, reg.Metadata[name], value)
		}
	}
}

func (l *life) register(endpoint string) {
	l.t.Helper()
	reg, err := l.client.Register(bounded(l.t), dcr.RegisterRequest{Endpoint: endpoint, Metadata: l.asked})
	l.learn(reg, err)
	l.m.ClientID = reg.ClientID
	equal(l.t, "status", reg.Status, l.created)
	equal(l.t, "managed", l.m.URI != "" && !l.m.Token.Empty(), !l.unmanaged)
	equal(l.t, "notes", len(reg.Notes), 0)
}

func (l *life) read() {
	l.t.Helper()
	before := l.m.Token
	reg, err := l.client.Read(bounded(l.t), l.m)
	l.learn(reg, err)
	equal(l.t, "token said", !reg.RegistrationAccessToken.Empty(), !l.hides)
	equal(l.t, "token rotated by the read", l.m.Token != before, l.rotateRead)
}

func (l *life) update() {
	l.t.Helper()
	before := l.m.Token
	delete(l.asked, "contacts")
	l.asked.Set("client_name", "App 2")
	reg, err := l.client.Replace(bounded(l.t), l.m, l.asked)
	if l.noUpdate {
		equal(l.t, "refused", dcr.Refused(err), true)
		l.asked.Set("client_name", "App")
		return
	}
	l.learn(reg, err)
	equal(l.t, "token rotated by the update", l.m.Token != before, l.rotates)
	reg, err = l.client.Read(bounded(l.t), l.m)
	l.learn(reg, err)
	_, kept := reg.Metadata["contacts"]
	equal(l.t, "the member left out is kept", kept, l.merges)
	equal(l.t, "new secret", reg.ClientSecret.Reveal() != "secret-0", l.newSecret)
}

func (l *life) remove() {
	l.t.Helper()
	err := l.client.Remove(bounded(l.t), l.m)
	if l.noUpdate {
		equal(l.t, "status", as[*dcr.AliveError](l.t, err).Status, 404)
		return
	}
	succeeds(l.t, err)
	_, err = l.client.Read(bounded(l.t), l.m)
	equal(l.t, "refused", dcr.Refused(err), true)
	equal(l.t, "code", dcr.Code(err), l.code)
	err = l.client.Remove(bounded(l.t), l.m)
	equal(l.t, "refused again", dcr.Refused(err), true)
}
