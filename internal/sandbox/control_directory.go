package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
)

// roleWanted is the body of the operations on roles.
type roleWanted struct {
	Domain string `json:"domain"`
	Role   string `json:"role"`
	Status string `json:"status"`
}

func readRoleWanted(body []byte) (roleWanted, error) {
	var wanted roleWanted
	if err := decodeExact(body, &wanted); err != nil {
		return wanted, err
	}
	if wanted.Role == "" || !isOneOf(wanted.Status, statusActive, statusInactive) {
		return wanted, errors.New("sandbox: role and status (Active, Inactive) are required")
	}
	return wanted, nil
}

func (s *Sandbox) controlOrganisationRole(_ *http.Request, body []byte) (any, error) {
	wanted, err := readRoleWanted(body)
	if err != nil {
		return nil, err
	}
	if wanted.Status == statusActive {
		s.Directory().AddOrganisationRole(wanted.Domain, wanted.Role)
	} else {
		s.Directory().DropOrganisationRole(wanted.Domain, wanted.Role)
	}
	return nil, nil
}

func (s *Sandbox) controlExpire(r *http.Request, _ []byte) (any, error) {
	return nil, s.Directory().ExpireCertificate(r.PathValue("kid"))
}

func (s *Sandbox) controlAddFlag(_ *http.Request, body []byte) (any, error) {
	var wanted struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	if err := decodeExact(body, &wanted); err != nil {
		return nil, err
	}
	if wanted.Name == "" {
		return nil, errors.New("sandbox: a flag needs a name")
	}
	return map[string]any{"id": s.Directory().AddFlag(wanted.Name, wanted.Value)}, nil
}

func (s *Sandbox) controlRetireFlag(r *http.Request, _ []byte) (any, error) {
	return nil, s.Directory().RetireFlag(r.PathValue("id"))
}

func (s *Sandbox) controlSetFlag(r *http.Request, body []byte) (any, error) {
	var wanted struct {
		Flag string `json:"flag"`
	}
	if err := decodeExact(body, &wanted); err != nil {
		return nil, err
	}
	return nil, s.Directory().SetFlag(r.PathValue("id"), wanted.Flag)
}

func (s *Sandbox) controlDirectory(_ *http.Request, body []byte) (any, error) {
	var readErr error
	err := s.Directory().SetTemper(func(temper *DirectoryTemper) { readErr = json.Unmarshal(body, temper) })
	return nil, errors.Join(readErr, err)
}
