package sealed

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// secrets are the sensitive attributes of a schema, by their names from the top,
// joined by dots. The value is true for what the provider computes, and false
// for what the configuration gives.
type secrets map[string]bool

func secretsOf(schema *tfprotov6.Schema) secrets {
	found := secrets{}
	if schema != nil {
		found.block("", schema.Block)
	}
	return found
}

// secretsOfAction goes by the names: attributes of actions cannot be sensitive,
// and as write-only ones the plugin framework refuses them.
func secretsOfAction(schema *tfprotov6.Schema) secrets {
	found := secrets{}
	for _, attribute := range schema.Block.Attributes {
		if strings.HasSuffix(attribute.Name, "_secret") || strings.HasSuffix(attribute.Name, "key_pem") {
			found[attribute.Name] = false
		}
	}
	return found
}

func (s secrets) block(prefix string, block *tfprotov6.SchemaBlock) {
	if block == nil {
		return
	}
	s.attributes(prefix, block.Attributes)
	for _, nested := range block.BlockTypes {
		s.block(prefix+nested.TypeName+".", nested.Block)
	}
}

func (s secrets) attributes(prefix string, attributes []*tfprotov6.SchemaAttribute) {
	for _, attribute := range attributes {
		switch {
		case attribute.Sensitive:
			s[prefix+attribute.Name] = attribute.Computed
		case attribute.NestedType != nil:
			s.attributes(prefix+attribute.Name+".", attribute.NestedType.Attributes)
		}
	}
}

// at reports whether a path is that of a secret or in one, and whether the
// provider computes it.
func (s secrets) at(path *tftypes.AttributePath) (computed, secret bool) {
	var names []string
	for _, step := range path.Steps() {
		if name, ok := step.(tftypes.AttributeName); ok {
			names = append(names, string(name))
			if computed, secret = s[strings.Join(names, ".")]; secret {
				return computed, true
			}
		}
	}
	return false, false
}
