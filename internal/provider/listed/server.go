// Package listed stands in front of the provider, at the protocol, and completes
// what terraform query lists: the attributes of a listed object are what import
// and read make of it, so that a list and the import of what it lists never differ.
package listed

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// errGone is the end of an object between the list and its reading.
var errGone = errors.New("it was removed since it was listed")

// Inner is the provider as the plugin framework serves it.
type Inner interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Server passes every call on, and completes lists.
type Server struct {
	Inner
	// whole are the types whose lists are complete as they are.
	whole func(name string) bool
}

var _ Inner = (*Server)(nil)

// New returns a server in front of another. Types that are whole say all
// attributes in their lists themselves, because reading them is not free.
func New(inner Inner, whole func(name string) bool) *Server {
	return &Server{Inner: inner, whole: whole}
}

// ListResource implements tfprotov6.ListResourceServer.
func (s *Server) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	if !req.IncludeResource || s.whole(req.TypeName) {
		return s.Inner.ListResource(ctx, req)
	}
	bare := *req
	bare.IncludeResource = false
	stream, err := s.Inner.ListResource(ctx, &bare)
	if err != nil {
		return nil, err
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		for result := range results {
			if result.Identity != nil {
				s.complete(ctx, req.TypeName, &result)
			}
			if !yield(result) {
				return
			}
		}
	}}, nil
}

// complete imports and reads a listed object. What fails is a warning: the
// object is there, and can be imported later.
func (s *Server) complete(ctx context.Context, name string, result *tfprotov6.ListResourceResult) {
	incomplete := func(diagnostics []*tfprotov6.Diagnostic, err error) bool {
		detail := ""
		if err != nil {
			detail = err.Error()
		}
		for _, d := range diagnostics {
			if d.Severity == tfprotov6.DiagnosticSeverityError {
				detail = d.Summary + "\n\n" + d.Detail
			}
		}
		if detail == "" {
			return false
		}
		result.Diagnostics = append(result.Diagnostics, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "An object was listed without its attributes",
			Detail: result.DisplayName + ": " + detail + "\n\nIt can be imported by its identity all the same, once that is mended."})
		return true
	}
	imported, err := s.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: name, Identity: result.Identity})
	if err != nil {
		incomplete(nil, err)
		return
	}
	if incomplete(imported.Diagnostics, nil) || len(imported.ImportedResources) != 1 {
		return
	}
	one := imported.ImportedResources[0]
	read, err := s.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: one.State, Private: one.Private, CurrentIdentity: one.Identity})
	if err != nil {
		incomplete(nil, err)
		return
	}
	if incomplete(read.Diagnostics, nil) {
		return
	}
	if gone, err := read.NewState.IsNull(); gone || err != nil {
		incomplete(nil, errGone)
		return
	}
	result.Resource = read.NewState
}
