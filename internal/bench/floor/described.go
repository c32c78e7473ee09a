package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/numberplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// described is an attribute as `terraform providers schema -json` has it.
type described struct {
	Type   any `json:"type"`
	Nested *struct {
		Attributes map[string]described `json:"attributes"`
	} `json:"nested_type"`
	Required  bool `json:"required"`
	Optional  bool `json:"optional"`
	Computed  bool `json:"computed"`
	Sensitive bool `json:"sensitive"`
	WriteOnly bool `json:"write_only"`
}

// beside reads the schema that lies beside the program, or returns nil if there is none.
func beside() (map[string]schema.Attribute, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "schema.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all map[string]described
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("schema.json: %w", err)
	}
	return attributes(all)
}

func attributes(all map[string]described) (map[string]schema.Attribute, error) {
	out := map[string]schema.Attribute{}
	for name, one := range all {
		attribute, err := one.attribute()
		if err != nil {
			return nil, fmt.Errorf("schema.json: %s: %w", name, err)
		}
		out[name] = attribute
	}
	return out, nil
}

// attribute is the same for the framework. What only a server knows keeps its value in
// a plan, as it does in the client of six attributes.
func (d described) attribute() (schema.Attribute, error) {
	if d.Nested != nil {
		nested, err := attributes(d.Nested.Attributes)
		return schema.SingleNestedAttribute{Attributes: nested, Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive}, err
	}
	switch fmt.Sprint(d.Type) {
	case "string":
		return schema.StringAttribute{Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive, WriteOnly: d.WriteOnly, PlanModifiers: kept(d, stringplanmodifier.UseStateForUnknown)}, nil
	case "bool":
		return schema.BoolAttribute{Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive, PlanModifiers: kept(d, boolplanmodifier.UseStateForUnknown)}, nil
	case "number":
		return schema.NumberAttribute{Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive, PlanModifiers: kept(d, numberplanmodifier.UseStateForUnknown)}, nil
	case "[set string]":
		return schema.SetAttribute{ElementType: types.StringType, Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive, PlanModifiers: kept(d, setplanmodifier.UseStateForUnknown)}, nil
	case "[list string]":
		return schema.ListAttribute{ElementType: types.StringType, Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive, PlanModifiers: kept(d, listplanmodifier.UseStateForUnknown)}, nil
	case "[map string]":
		return schema.MapAttribute{ElementType: types.StringType, Required: d.Required, Optional: d.Optional, Sensitive: d.Sensitive}, nil
	}
	return nil, fmt.Errorf("the type %v is not one this yardstick knows", d.Type)
}

// kept is the plan modifier of what is computed.
func kept[Modifier planmodifier.Describer](d described, keep func() Modifier) []Modifier {
	if !d.Computed {
		return nil
	}
	return []Modifier{keep()}
}
