package listed_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/listed"
)

type fake struct{ listed.Inner }

func (fake) ListResource(context.Context, *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	return &tfprotov6.ListResourceServerStream{Results: func(y func(tfprotov6.ListResourceResult) bool) {
		y(tfprotov6.ListResourceResult{DisplayName: "a", Identity: &tfprotov6.ResourceIdentityData{}})
	}}, nil
}
func (fake) ImportResourceState(context.Context, *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return &tfprotov6.ImportResourceStateResponse{ImportedResources: []*tfprotov6.ImportedResource{{}}}, nil
}
func (fake) ReadResource(context.Context, *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	typ := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String}}
	d, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, nil))
	return &tfprotov6.ReadResourceResponse{NewState: &d}, err
}

// TestObjectThatIsGone: an object that was removed since it was listed is told, and has no attributes.
func TestObjectThatIsGone(t *testing.T) {
	t.Parallel()
	s := listed.New(fake{}, func(string) bool { return false })
	stream, err := s.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: "x", IncludeResource: true})
	if err != nil {
		t.Fatal(err)
	}
	for r := range stream.Results {
		if len(r.Diagnostics) != 1 || r.Resource != nil {
			t.Errorf("%d diagnostics, and the object %v", len(r.Diagnostics), r.Resource)
		}
	}
}
