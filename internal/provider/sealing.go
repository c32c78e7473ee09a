package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// sealing makes the ring of the sealing keys. They must be known: otherwise a
// plan would hold secrets in clear.
func (m Model) sealing(env environment, diags *diag.Diagnostics) *seal.Ring {
	current, previous := path.Root("sealing_key"), path.Root("previous_sealing_keys")
	if m.SealingKey.IsUnknown() {
		diags.AddAttributeError(current, "The sealing key is not known yet",
			"Its value comes from something that does not exist yet, and without it this plan would hold secrets in clear.\n\n"+
				"Give the key by DCR_SEALING_KEY, an ephemeral variable or an ephemeral resource, or create what it comes from in a configuration of its own.")
		return nil
	}
	if !fw.FullyKnown(m.PreviousSealingKeys) {
		diags.AddAttributeError(previous, "The previous sealing keys are not known yet",
			"A value comes from something that does not exist yet, and what it sealed could not be opened.\n\nGive the keys by DCR_PREVIOUS_SEALING_KEYS, or as values that are known when planning.")
		return nil
	}
	g := &group{env: env, prefix: "DCR_", path: current, diags: diags}
	before := diags.ErrorsCount()
	key := strings.TrimSpace(g.text("sealing_key", m.SealingKey))
	if diags.ErrorsCount() > before {
		return nil // Its file cannot be read.
	}
	// CI sets a variable to nothing for a secret that it does not have.
	g.set = g.set || env.given("DCR_SEALING_KEY")
	if key == "" && m.SealingRequired.ValueBool() && !g.set && m.SealingKey.IsNull() {
		diags.AddAttributeError(current, "The sealing key is missing",
			"The configuration has sealing_required = true, and this run has no sealing key: secrets would rest in clear. Nothing was sent.\n\n"+
				"Give the key by DCR_SEALING_KEY or DCR_SEALING_KEY_FILE, to plans and to applies alike.")
		return nil
	}
	if key == "" && (g.set || !m.SealingKey.IsNull()) {
		diags.AddAttributeError(current, "The sealing key is empty",
			"A sealing key was given (sealing_key, DCR_SEALING_KEY or DCR_SEALING_KEY_FILE), and there is nothing in it. Secrets would rest in clear, so nothing was done.\n\n"+
				"Look where the key comes from, such as a file that was not mounted or a variable that has no value. To stop sealing, give none at all, and the old one in previous_sealing_keys.")
		return nil
	}
	earlier := fw.Strings(m.PreviousSealingKeys.Elements())
	if m.PreviousSealingKeys.IsNull() {
		for line := range strings.Lines(g.text("previous_sealing_keys", types.StringNull())) {
			if line = strings.TrimSpace(line); line != "" {
				earlier = append(earlier, line)
			}
		}
	}
	ring, err := seal.New(key, earlier...)
	var old *seal.PreviousError
	switch {
	case errors.As(err, &old) && m.PreviousSealingKeys.IsNull():
		diags.AddAttributeError(previous, "A previous sealing key cannot be used", fmt.Sprintf("Line %d of DCR_PREVIOUS_SEALING_KEYS, or of the file that DCR_PREVIOUS_SEALING_KEYS_FILE names: %v.\n\nEach line is one key: write a JSON Web Key without line breaks, such as with jq -c.", old.Index+1, err))
	case errors.As(err, &old):
		diags.AddAttributeError(previous.AtListIndex(old.Index), "A previous sealing key cannot be used", fmt.Sprintf("This is not a key that seals: %v.", err))
	case err != nil:
		diags.AddAttributeError(current, "The sealing key cannot be used", fmt.Sprintf("This is not a key that seals (sealing_key, or DCR_SEALING_KEY): %v.", err))
	}
	return ring
}
