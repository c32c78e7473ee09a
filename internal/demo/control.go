package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
)

// objects is what the servers hold, as the sandbox's control address tells.
type objects struct {
	Applications []struct {
		ID           string   `json:"SoftwareStatementId"`
		Status       string   `json:"Status"`
		Locked       bool     `json:"Locked"`
		RedirectURIs []string `json:"RedirectUri"`
		Certificates []struct {
			Status string `json:"Status"`
		} `json:"certificates"`
	} `json:"applications"`
	Registrations map[string][]client `json:"registrations"`
}

type client struct {
	ID           string   `json:"client_id"`
	Name         string   `json:"client_name"`
	RedirectURIs []string `json:"redirect_uris"`
}

// control calls the sandbox's control address.
func (s *stage) control(ctx context.Context, method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.info.ControlURL+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s answered %d: %s", method, path, resp.StatusCode, answer)
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, into)
}

func (s *stage) objects(ctx context.Context) (objects, error) {
	var o objects
	return o, s.control(ctx, http.MethodGet, "/objects", nil, &o)
}

// registered checks that every bank holds exactly one client with these redirect URIs.
func (o objects) registered(redirects []string) error {
	for bank, clients := range o.Registrations {
		if len(clients) != 1 {
			return fmt.Errorf("%s holds %d clients, expected 1", bank, len(clients))
		}
		if !same(clients[0].RedirectURIs, redirects) {
			return fmt.Errorf("%s holds the redirect URIs %v, expected %v", bank, clients[0].RedirectURIs, redirects)
		}
	}
	return nil
}

func same(a, b []string) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// editClient lets another actor change a client at a bank.
func (s *stage) editClient(ctx context.Context, bank, id string, patch map[string]any) error {
	return s.control(ctx, http.MethodPatch, "/servers/"+bank+"/clients?client_id="+url.QueryEscape(id), patch, nil)
}
