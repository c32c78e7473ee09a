package direct

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// importBeforeRead is what the framework leaves in private state between an import and the first read.
const importBeforeRead = ".import_before_read"

// private is a resource's private state. The framework's type for it has no name outside
// of the framework, so it is carried in a request.
type private struct {
	resource.ReadRequest
	raw  map[string][]byte
	keys []string
}

// openPrivate reads what Terraform kept, as the framework wrote it.
func (k *kind) openPrivate(ctx context.Context, kept []byte) (*private, diag.Diagnostics) {
	var diags diag.Diagnostics
	p := &private{raw: map[string][]byte{}, keys: k.keys}
	p.Private = fresh(ctx, p.Private)
	if len(kept) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(kept, &p.raw); err != nil {
		// The framework forgets it all and goes on. Here that could cost a token: what was
		// learnt of a server says whether a plan may read.
		diags.AddError("The private state of the resource cannot be read", err.Error())
		return p, diags
	}
	if p.raw == nil {
		p.raw = map[string][]byte{}
	}
	for _, key := range k.keys {
		if value, ok := p.raw[key]; ok {
			diags.Append(p.Private.SetKey(ctx, key, value)...)
		}
	}
	return p, diags
}

// fresh is private state without anything in it, of a type that is only known by a pointer to it.
func fresh[T any, P interface {
	*T
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}](ctx context.Context, _ P) P {
	made := P(new(T))
	// One that had a key and one that never had are equal only after this.
	_ = append(made.SetKey(ctx, "key", []byte("0")), made.SetKey(ctx, "key", nil)...)
	return made
}

// imported reports whether nothing was read since an import, and forgets that.
func (p *private) imported() bool {
	_, imported := p.raw[importBeforeRead]
	delete(p.raw, importBeforeRead)
	return imported
}

// close is what Terraform is to keep. Keys that are not the resource's stay as they are.
func (p *private) close(ctx context.Context) ([]byte, diag.Diagnostics) {
	var diags diag.Diagnostics
	known := fresh(ctx, p.Private)
	for _, key := range p.keys {
		value, problems := p.Private.GetKey(ctx, key)
		diags.Append(problems...)
		delete(p.raw, key)
		if len(value) > 0 {
			p.raw[key] = value
			diags.Append(known.SetKey(ctx, key, value)...)
		}
	}
	if !p.Private.Equal(known) {
		diags.AddWarning("The provider forgot something of its own", fmt.Sprintf("Private state has more than the keys %v. This is a bug in the provider; please report it.", p.keys))
	}
	if len(p.raw) == 0 {
		return nil, diags
	}
	raw, err := json.Marshal(p.raw)
	if err != nil {
		diags.Append(fw.Failed("write the private state", err))
	}
	return raw, diags
}
