package direct

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// open reads an object that Terraform sent; none is null. Most attributes of most
// objects are null, and those are not decoded one by one.
func (k *kind) open(sent *tfprotov6.DynamicValue, diags *diag.Diagnostics) tftypes.Value {
	if sent == nil {
		return tftypes.NewValue(k.object, nil)
	}
	if attributes, ok := k.split(sent.MsgPack); ok {
		return tftypes.NewValue(k.object, attributes)
	}
	return open(sent, k.object, diags)
}

// split decodes an object attribute by attribute; what it cannot take apart is for others to judge.
func (k *kind) split(sent []byte) (map[string]tftypes.Value, bool) {
	decoder := msgpack.NewDecoder(bytes.NewReader(sent))
	if code, err := decoder.PeekCode(); err != nil || code == msgpcode.Nil || msgpcode.IsExt(code) {
		return nil, false
	}
	if count, err := decoder.DecodeMapLen(); err != nil || count != len(k.attributes) {
		return nil, false
	}
	attributes := make(map[string]tftypes.Value, len(k.attributes))
	for range k.attributes {
		name, err := decoder.DecodeString()
		if err != nil {
			return nil, false
		}
		value, err := decoder.DecodeRaw()
		if err != nil {
			return nil, false
		}
		a, ok := k.named[name]
		if !ok {
			return nil, false
		}
		if len(value) == 1 && value[0] == msgpcode.Nil {
			attributes[name] = a.null
			continue
		}
		if attributes[name], err = (&tfprotov6.DynamicValue{MsgPack: value}).Unmarshal(a.raw); err != nil {
			return nil, false
		}
	}
	return attributes, len(attributes) == len(k.attributes)
}

// upgrade writes a state of this version as Terraform wants it. It is for the framework
// to judge one that is not as this provider writes them.
func (k *kind) upgrade(stored *tfprotov6.RawState) (*tfprotov6.DynamicValue, bool) {
	lenient := tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}}
	var members map[string]json.RawMessage
	if json.Unmarshal(stored.JSON, &members) != nil || members == nil {
		return nil, false
	}
	attributes := maps.Clone(k.schema.rawNulls)
	for name, member := range members {
		a, ok := k.named[name]
		if !ok || string(member) == "null" {
			continue
		}
		value, err := tfprotov6.RawState{JSON: member}.UnmarshalWithOpts(a.raw, lenient)
		if err != nil {
			return nil, false
		}
		attributes[name] = value
	}
	var diags diag.Diagnostics
	upgraded := k.wrap(tftypes.NewValue(k.object, attributes), &diags)
	return upgraded, !diags.HasError()
}

// wrap writes an object for Terraform.
func (k *kind) wrap(raw tftypes.Value, diags *diag.Diagnostics) *tfprotov6.DynamicValue {
	attributes, err := values(raw)
	if err != nil || attributes == nil || !raw.IsKnown() {
		return wrap(raw, k.object, diags)
	}
	var out bytes.Buffer
	encoder := msgpack.NewEncoder(&out)
	err = encoder.EncodeMapLen(len(k.attributes))
	for _, a := range k.attributes {
		if err == nil {
			err = encoder.EncodeString(a.name)
		}
		if value := attributes[a.name]; value.IsNull() {
			out.WriteByte(msgpcode.Nil)
		} else if whole := wrap(value, a.raw, diags); whole != nil {
			out.Write(whole.MsgPack)
		} else {
			return nil
		}
	}
	if err != nil {
		diags.Append(fw.Failed("write a value for Terraform", err))
		return nil
	}
	return &tfprotov6.DynamicValue{MsgPack: out.Bytes()}
}

// open reads a value that Terraform sent.
func open(sent *tfprotov6.DynamicValue, typ tftypes.Type, diags *diag.Diagnostics) tftypes.Value {
	raw, err := sent.Unmarshal(typ)
	if err != nil {
		diags.Append(fw.Failed("read a value of Terraform", err))
		return tftypes.NewValue(typ, nil)
	}
	return raw
}

// wrap writes a value for Terraform.
func wrap(raw tftypes.Value, typ tftypes.Type, diags *diag.Diagnostics) *tfprotov6.DynamicValue {
	value, err := tfprotov6.NewDynamicValue(typ, raw)
	if err != nil {
		diags.Append(fw.Failed("write a value for Terraform", err))
		return nil
	}
	return &value
}

// openIdentity reads an identity; none is null.
func (k *kind) openIdentity(sent *tfprotov6.ResourceIdentityData, diags *diag.Diagnostics) tftypes.Value {
	if sent == nil || sent.IdentityData == nil {
		return tftypes.NewValue(k.identityObject, nil)
	}
	return open(sent.IdentityData, k.identityObject, diags)
}

func (k *kind) wrapIdentity(identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) *tfprotov6.ResourceIdentityData {
	if identity == nil {
		return nil
	}
	value := wrap(identity.Raw, k.identityObject, diags)
	if value == nil {
		return nil
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: value}
}

func (k *kind) identified(raw tftypes.Value) *tfsdk.ResourceIdentity {
	return &tfsdk.ResourceIdentity{Raw: raw, Schema: k.identity}
}

// diagnostics are the framework's as the protocol has them.
func diagnostics(ctx context.Context, all diag.Diagnostics) []*tfprotov6.Diagnostic {
	var out []*tfprotov6.Diagnostic
	for _, d := range all {
		told := &tfprotov6.Diagnostic{Summary: d.Summary(), Detail: d.Detail(), Severity: tfprotov6.DiagnosticSeverityWarning}
		if d.Severity() == diag.SeverityError {
			told.Severity = tfprotov6.DiagnosticSeverityError
		}
		if placed, ok := d.(diag.DiagnosticWithPath); ok {
			told.Attribute = attributePath(ctx, placed.Path())
		}
		out = append(out, told)
	}
	return out
}

// deferred is a change that the resource puts off.
func deferred(of *resource.Deferred) *tfprotov6.Deferred {
	if of == nil {
		return nil
	}
	return &tfprotov6.Deferred{Reason: tfprotov6.DeferredReason(of.Reason)}
}

// attributePath is a path as the protocol has it, as far as it can be said.
func attributePath(ctx context.Context, p path.Path) *tftypes.AttributePath {
	out := tftypes.NewAttributePath()
	for _, step := range p.Steps() {
		switch s := step.(type) {
		case path.PathStepAttributeName:
			out = out.WithAttributeName(string(s))
		case path.PathStepElementKeyInt:
			out = out.WithElementKeyInt(int(s))
		case path.PathStepElementKeyString:
			out = out.WithElementKeyString(string(s))
		case path.PathStepElementKeyValue:
			value, err := s.ToTerraformValue(ctx)
			if err != nil {
				return out
			}
			out = out.WithElementKeyValue(value)
		}
	}
	return out
}
