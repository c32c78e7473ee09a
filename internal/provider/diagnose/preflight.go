package diagnose

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// Preflight words, in a plan, what would fail a call to the directory that the
// apply is going to make. The action completes "to …".
func (t Target) Preflight(c *conn.Conn, action string) diag.Diagnostics {
	if c == nil {
		return nil
	}
	if err := c.Preflight(); err != nil {
		return diag.Diagnostics{t.Diagnostic(err, action)}
	}
	return nil
}
