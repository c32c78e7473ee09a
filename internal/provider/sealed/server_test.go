package sealed_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/sealed"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

type fake struct {
	sealed.Inner
	got   *tfprotov6.DynamicValue
	state tftypes.Value
}

func block() *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{{Name: "client_secret", Type: tftypes.String, Optional: true}}}}
}

func sensitive() *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{{Name: "client_secret", Type: tftypes.String, Computed: true, Sensitive: true}}}}
}

func (f *fake) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{ActionSchemas: map[string]*tfprotov6.ActionSchema{"dcr_probe_client": {Schema: block()}}, ResourceSchemas: map[string]*tfprotov6.Schema{"dcr_client": sensitive()}}, nil
}
func (f *fake) InvokeAction(_ context.Context, r *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	f.got = r.Config
	return &tfprotov6.InvokeActionServerStream{}, nil
}
func (f *fake) ReadResource(_ context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	f.got = r.CurrentState
	return &tfprotov6.ReadResourceResponse{NewState: r.CurrentState}, nil
}
func (f *fake) ApplyResourceChange(_ context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	d, err := tfprotov6.NewDynamicValue(f.state.Type(), f.state)
	return &tfprotov6.ApplyResourceChangeResponse{NewState: &d}, err
}

func value(t *testing.T, s any) (*tfprotov6.DynamicValue, tftypes.Value) {
	t.Helper()
	typ := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"client_secret": tftypes.String}}
	v := tftypes.NewValue(typ, map[string]tftypes.Value{"client_secret": tftypes.NewValue(tftypes.String, s)})
	d, err := tfprotov6.NewDynamicValue(typ, v)
	if err != nil {
		t.Fatal(err)
	}
	return &d, v
}

func rings(t *testing.T) (a, b *seal.Ring) {
	t.Helper()
	a, err := seal.New(strings.Repeat("A", 43))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = seal.New(strings.Repeat("B", 42) + "A"); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func sealedBy(t *testing.T, ring *seal.Ring, plain string) string {
	t.Helper()
	out, err := ring.Seal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestInvokeWithAnotherKey: what was not known in the plan and cannot be opened does not get to the action.
func TestInvokeWithAnotherKey(t *testing.T) {
	t.Parallel()
	a, b := rings(t)
	jwe := sealedBy(t, a, "secret")
	f := &fake{}
	s := sealed.New(f, func() *seal.Ring { return b })
	d, _ := value(t, jwe)
	stream, err := s.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{ActionType: "dcr_probe_client", Config: d})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for event := range stream.Events {
		if completed, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType); ok {
			told += len(completed.Diagnostics)
		}
	}
	if f.got != nil || told != 1 {
		t.Errorf("%d diagnostics, and the action was called: %v", told, f.got != nil)
	}
}

// TestSecretThatLooksSealed: a server chose a secret that looks sealed with another key: it is sealed like any other.
func TestSecretThatLooksSealed(t *testing.T) {
	t.Parallel()
	a, b := rings(t)
	evil := sealedBy(t, b, "x")
	_, v := value(t, evil)
	f := &fake{state: v}
	s := sealed.New(f, func() *seal.Ring { return a })
	prior, _ := value(t, nil)
	planned, _ := value(t, tftypes.UnknownValue)
	resp, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: "dcr_client", Config: prior, PriorState: prior, PlannedState: planned})
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "dcr_client", CurrentState: resp.NewState})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range read.Diagnostics {
		t.Errorf("after apply of an answer: %s: %.200s", d.Summary, d.Detail)
	}
	if strings.Contains(string(resp.NewState.MsgPack), evil) {
		t.Error("state has what the server said in clear")
	}
}

func (f *fake) MoveResourceState(context.Context, *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	d, err := tfprotov6.NewDynamicValue(f.state.Type(), f.state)
	return &tfprotov6.MoveResourceStateResponse{TargetState: &d}, err
}

// TestMovedSecrets: what was another provider's rests sealed, where there is a key already.
func TestMovedSecrets(t *testing.T) {
	t.Parallel()
	a, _ := rings(t)
	_, v := value(t, "moved-in-clear")
	for sealing, ring := range map[bool]*seal.Ring{true: a, false: nil} {
		resp, err := sealed.New(&fake{state: v}, func() *seal.Ring { return ring }).MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{TargetTypeName: "dcr_client"})
		if err != nil {
			t.Fatal(err)
		}
		if open := strings.Contains(string(resp.TargetState.MsgPack), "moved-in-clear"); open == sealing {
			t.Errorf("with a key %t, in clear %t", sealing, open)
		}
	}
}
