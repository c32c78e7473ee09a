package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// logExchange writes one line for each HTTP exchange: never a header, never a
// body, never a query.
func logExchange(ctx context.Context, e rest.Exchange) {
	fields := map[string]any{
		"method":         e.Method,
		"url":            e.URL,
		"status":         e.Status,
		"attempt":        e.Attempt,
		"duration_ms":    e.Duration.Milliseconds(),
		"interaction_id": e.InteractionID,
	}
	if e.Err != nil {
		fields["error"] = e.Err.Error()
		fields["phase"] = string(e.Phase)
	}
	tflog.Debug(ctx, "HTTP exchange", fields)
}
