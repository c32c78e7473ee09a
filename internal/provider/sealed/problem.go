package sealed

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

const cannotOpen = "A sealed secret cannot be opened"

// errors lists what cannot be opened, as Terraform shows it. What a private key
// would open is left out unless it is needed.
func (c *call) errors(needed bool) []*tfprotov6.Diagnostic {
	var out []*tfprotov6.Diagnostic
	for _, p := range c.problems {
		if !needed && errors.Is(p.err, seal.ErrPublicOnly) {
			continue
		}
		out = append(out, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: cannotOpen, Attribute: p.path, Detail: c.explain(p)})
		break // All of them have the same cause, and the same way on.
	}
	return out
}

// closed reports whether something could be opened with a private key only.
func (c *call) closed() bool { return len(c.problems) > 0 }

func (c *call) explain(p problem) string {
	name := p.path.String()
	if step, ok := p.path.LastStep().(tftypes.AttributeName); ok {
		name = string(step)
	}
	fact := fmt.Sprintf("%s of this %s is sealed with the key %s", name, c.name, seal.KeyID(p.raw))
	switch {
	case errors.Is(p.err, seal.ErrPublicOnly):
		return fact + ", of which only the public part is configured: it seals and cannot open. This was not done.\n\n" +
			"Run this with the private key as sealing_key (or DCR_SEALING_KEY). With the public part, secrets can be made and kept, and not used."
	case errors.Is(p.err, seal.ErrBroken):
		return fact + ", and was changed or cut off since. This was not done.\n\n" +
			"Restore it from an earlier version of the state or, if that is an argument, from where it was copied."
	}
	if c.server.told(seal.KeyID(p.raw)) {
		return fact + ", like that of another error of this run, which says how to go on. This was not done."
	}
	keys := "the provider has none"
	if ids := c.ring.KeyIDs(); len(ids) > 0 {
		keys = "the provider has " + strings.Join(ids, ", ")
	}
	return fact + "; " + keys + ". This was not done, and nothing is lost as long as that key is kept.\n\n" +
		"Set sealing_key (or DCR_SEALING_KEY) to the key it was sealed with. After a change of keys, or to stop sealing, give the old key in previous_sealing_keys (or DCR_PREVIOUS_SEALING_KEYS). " +
		"Key IDs are the keys' thumbprints of RFC 7638."
}
