package fw

import "github.com/hashicorp/terraform-plugin-go/tftypes"

// TextOf is a text among the attributes of a configuration; empty when there is none.
func TextOf(config map[string]tftypes.Value, name string) string {
	value, ok := config[name]
	var text string
	if !ok || value.IsNull() || !value.IsKnown() || value.As(&text) != nil {
		return ""
	}
	return text
}

// LeaveOut takes attributes out of a configuration.
func LeaveOut(config map[string]tftypes.Value, names ...string) {
	for _, name := range names {
		if value, ok := config[name]; ok {
			config[name] = tftypes.NewValue(value.Type(), nil)
		}
	}
}
