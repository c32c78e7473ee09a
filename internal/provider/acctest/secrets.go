package acctest

import (
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// Secrets are the values of all sensitive attributes in state, opened.
func (w *Workspace) Secrets() []string {
	w.t.Helper()
	if w.kinds == nil {
		w.kinds = w.launch().schemas
	}
	key, _ := w.settings["sealing_key"].(string)
	ring, err := seal.New(key)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for address := range w.state {
		resting := w.Resting(address)
		for _, attribute := range w.kinds[typeOf(address)].Block.Attributes {
			text, ok := resting[attribute.Name].(string)
			if !ok || !attribute.Sensitive {
				continue
			}
			if opened, err := ring.Open(text); err == nil && seal.Is(text) {
				text = opened
			}
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
