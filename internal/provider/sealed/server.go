package sealed

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// Inner is the provider as the plugin framework serves it.
type Inner interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Server passes every call on to the provider, and opens and seals on the way.
type Server struct {
	Inner
	// ring returns the keys of the provider's configuration, nil before it has one.
	ring func() *seal.Ring

	mu      sync.Mutex
	schemas *tfprotov6.GetProviderSchemaResponse
	secrets map[*tfprotov6.Schema]secrets
	// missing are the keys somebody was told to give: the same for hundreds of resources is told once in full.
	missing map[string]bool
}

var _ Inner = (*Server)(nil)

// New returns a server in front of another. The ring is asked for at each call.
func New(inner Inner, ring func() *seal.Ring) *Server {
	return &Server{Inner: inner, ring: ring, secrets: map[*tfprotov6.Schema]secrets{}, missing: map[string]bool{}}
}

// GetProviderSchema implements tfprotov6.ProviderServer.
func (s *Server) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	resp, err := s.Inner.GetProviderSchema(ctx, req)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.schemas == nil {
		s.schemas = resp
	}
	return resp, err
}

// schema finds a schema, and asks for all at first use: Terraform may know them from another process.
func (s *Server) schema(ctx context.Context, find func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema) (*tfprotov6.Schema, secrets, error) {
	s.mu.Lock()
	known := s.schemas
	s.mu.Unlock()
	if known == nil {
		var err error
		if known, err = s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{}); err != nil {
			return nil, nil, err
		}
	}
	found := find(known)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets[found] == nil {
		s.secrets[found] = secretsOf(found)
		for _, action := range known.ActionSchemas {
			if action.Schema == found && found != nil {
				s.secrets[found] = secretsOfAction(found)
			}
		}
	}
	return found, s.secrets[found], nil
}

// told reports whether a missing key was explained before.
func (s *Server) told(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.missing[key]
	s.missing[key] = true
	return before
}

// call is one request under way, with the schema of what it is about.
type call struct {
	codec
	server *Server
	typ    tftypes.Type
	// name is that of the schema, for errors.
	name     string
	problems []problem
	// err is the first thing that went wrong.
	err error
}

// begin returns nil when nothing is to be opened or sealed: then the values pass
// as they are, without being decoded.
func (s *Server) begin(ctx context.Context, name string, find func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema, values ...*tfprotov6.DynamicValue) (*call, error) {
	ring, marked := s.ring(), false
	for _, value := range values {
		marked = marked || value != nil && (seal.In(value.MsgPack) || seal.In(value.JSON))
	}
	if !marked && !ring.Seals() {
		return nil, nil
	}
	schema, secrets, err := s.schema(ctx, find)
	if err != nil || schema == nil || len(secrets) == 0 {
		return nil, err
	}
	return &call{server: s, codec: codec{ring: ring, secrets: secrets}, typ: schema.ValueType(), name: name}, nil
}

func (c *call) decode(value *tfprotov6.DynamicValue) (tftypes.Value, bool) {
	if value == nil || c.err != nil {
		return tftypes.Value{}, false
	}
	decoded, err := value.Unmarshal(c.typ)
	if err != nil {
		c.err = fmt.Errorf("decode a value of %s: %w", c.name, err)
		return decoded, false
	}
	return decoded, true
}

func (c *call) encode(value tftypes.Value) *tfprotov6.DynamicValue {
	encoded, err := tfprotov6.NewDynamicValue(c.typ, value)
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("encode a value of %s: %w", c.name, err)
	}
	return &encoded
}

// open replaces a value by what it holds.
func (c *call) open(value **tfprotov6.DynamicValue) texts {
	decoded, ok := c.decode(*value)
	if !ok {
		return nil
	}
	opened, found, problems, err := c.codec.open(decoded)
	if err != nil {
		c.err = err
		return nil
	}
	c.problems = append(c.problems, problems...)
	*value = c.encode(opened)
	return found
}

// blank is open for validation: what cannot be opened is unknown.
func (c *call) blank(value **tfprotov6.DynamicValue) {
	decoded, ok := c.decode(*value)
	if !ok {
		return
	}
	if decoded, c.err = c.codec.blank(decoded); c.err == nil {
		*value = c.encode(decoded)
	}
}

// blanked is a configuration for validation.
func (s *Server) blanked(ctx context.Context, name string, find func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema, config *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, error) {
	c, err := s.begin(ctx, name, find, config)
	if err != nil || c == nil {
		return config, err
	}
	c.blank(&config)
	return config, c.err
}

// seal replaces a value of an answer.
func (c *call) seal(value **tfprotov6.DynamicValue, choose func(string, bool, string) (string, error)) {
	decoded, ok := c.decode(*value)
	if !ok {
		return
	}
	sealed, err := c.codec.seal(decoded, choose)
	if err != nil {
		c.err = err
		return
	}
	*value = c.encode(sealed)
}
