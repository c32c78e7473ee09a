package direct

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// quick is a schema that is asked for the type of one attribute without copying
// the map of all of them.
type quick struct {
	schema.Schema
	typ   attr.Type
	types map[string]attr.Type
	// nulls are the null values of the attributes.
	nulls    map[string]attr.Value
	rawNulls map[string]tftypes.Value
}

func newQuick(s schema.Schema, attributes []attribute) quick {
	q := quick{Schema: s, typ: s.Type(), types: map[string]attr.Type{}, nulls: map[string]attr.Value{}, rawNulls: map[string]tftypes.Value{}}
	for _, a := range attributes {
		q.types[a.name], q.nulls[a.name], q.rawNulls[a.name] = a.typ, a.nullValue, a.null
	}
	return q
}

// Nulls are the null values of all attributes: the framework's, and Terraform's. All
// schemas of the resource share the maps, which nobody may change.
func (q quick) Nulls() (map[string]attr.Value, map[string]tftypes.Value) { return q.nulls, q.rawNulls }

// Type is the type of the whole.
func (q quick) Type() attr.Type { return q.typ }

// ApplyTerraform5AttributePathStep implements tftypes.AttributePathStepper.
func (q quick) ApplyTerraform5AttributePathStep(step tftypes.AttributePathStep) (any, error) {
	name, ok := step.(tftypes.AttributeName)
	if ok {
		if attribute, known := q.Attributes[string(name)]; known {
			return attribute, nil
		}
	}
	return nil, fmt.Errorf("there is no %v in the schema", step)
}

// TypeAtTerraformPath is the type of what is at a path.
func (q quick) TypeAtTerraformPath(ctx context.Context, path *tftypes.AttributePath) (attr.Type, error) {
	if steps := path.Steps(); len(steps) == 1 {
		if name, ok := steps[0].(tftypes.AttributeName); ok && q.types[string(name)] != nil {
			return q.types[string(name)], nil
		}
	}
	return q.Schema.TypeAtTerraformPath(ctx, path)
}
