package sandbox

import "fmt"

// Server plays other people's hands at one authorization server.
type Server struct{ bank *bank }

// Server returns the actors of one authorization server, or nil when there is none of that name.
func (s *Sandbox) Server(name string) *Server {
	if b := s.byName[name]; b != nil {
		return &Server{bank: b}
	}
	return nil
}

// Issuer returns the issuer identifier.
func (v *Server) Issuer() string { return v.bank.issuer() }

// Clients returns all clients in the order of their registration, credentials included.
func (v *Server) Clients() []map[string]any {
	v.bank.sandbox.mu.Lock()
	defer v.bank.sandbox.mu.Unlock()
	out := []map[string]any{}
	for _, id := range v.bank.state.Order {
		out = append(out, v.bank.view(v.bank.state.Clients[id]))
	}
	return out
}

// Client returns one client, credentials included.
func (v *Server) Client(clientID string) (map[string]any, bool) {
	v.bank.sandbox.mu.Lock()
	defer v.bank.sandbox.mu.Unlock()
	client := v.bank.state.Clients[clientID]
	if client == nil {
		return nil, false
	}
	return v.bank.view(client), true
}

// view is the document with credentials, whatever the temper tells clients.
func (b *bank) view(client *registration) map[string]any {
	out := b.document(client)
	if client.Secret != "" {
		out["client_secret"], out["client_secret_expires_at"] = client.Secret, client.SecretExpires
	}
	if client.ManagePath != "" {
		out["registration_access_token"], out["registration_client_uri"] = client.Token, b.managementURI(client)
	}
	return out
}

func (v *Server) change(clientID string, change func(*registration)) error {
	v.bank.sandbox.mu.Lock()
	defer v.bank.sandbox.mu.Unlock()
	client := v.bank.state.Clients[clientID]
	if client == nil {
		return fmt.Errorf("%w: client %s", ErrNotFound, clientID)
	}
	v.bank.sandbox.touch()
	change(client)
	return nil
}

// Edit changes the metadata of a client past every rule; its credentials can be changed the same way.
func (v *Server) Edit(clientID string, edit func(map[string]any)) error {
	return v.change(clientID, func(client *registration) {
		view := v.bank.view(client)
		edit(view)
		client.Secret, client.Token = textOf(view, "client_secret"), textOf(view, "registration_access_token")
		client.SecretExpires, _ = toInt(view["client_secret_expires_at"])
		v.bank.sandbox.remember(client.Secret, client.Token)
		for _, name := range []string{
			"client_id", "client_id_issued_at", "client_secret", "client_secret_expires_at", "registration_access_token", "registration_client_uri",
			"software_statement", "x_registered_by",
		} {
			delete(view, name)
		}
		client.Metadata = view
	})
}

// Delete removes a client behind its owner's back.
func (v *Server) Delete(clientID string) error {
	return v.change(clientID, func(client *registration) { v.bank.drop(client.ID) })
}

// RotateToken replaces the registration access token of a client; nobody is told.
func (v *Server) RotateToken(clientID string) error {
	return v.change(clientID, v.bank.renewToken)
}

// SetTemper changes how the server behaves from now on; its name stays.
func (v *Server) SetTemper(edit func(*Temper)) error {
	v.bank.sandbox.mu.Lock()
	defer v.bank.sandbox.mu.Unlock()
	changed := v.bank.temper
	edit(&changed)
	changed.Name = v.bank.name
	complete, err := changed.withDefaults()
	if err != nil {
		return err
	}
	v.bank.sandbox.remember(complete.InitialAccessToken)
	v.bank.temper = complete
	return nil
}
