package provider

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// The subsystems of the log: each has a level of its own in TF_LOG_PROVIDER_DCR_HTTP and so on.
const (
	logHTTP      = "http"
	logOfJournal = "journal"
)

// subsystem is the log of a part of the provider.
func subsystem(ctx context.Context, name string) context.Context {
	return tflog.NewSubsystem(ctx, name, tflog.WithLevelFromEnv("TF_LOG_PROVIDER_DCR", name))
}

// logExchange writes one line for each attempt of a request: never a header,
// never a body, never a query.
func logExchange(ctx context.Context, e rest.Exchange) {
	ctx = subsystem(ctx, logHTTP)
	if e.Err != nil || e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests {
		tflog.SubsystemWarn(ctx, logHTTP, "HTTP exchange failed", fieldsOf(e))
		return
	}
	tflog.SubsystemDebug(ctx, logHTTP, "HTTP exchange", fieldsOf(e))
}

// logConclusion writes one line for what came of a request, in the log of the
// protocol it belongs to: what changes something at INFO, the rest at DEBUG.
func logConclusion(ctx context.Context, c rest.Conclusion) {
	if c.Purpose == "" {
		return
	}
	ctx = subsystem(ctx, c.Purpose)
	switch fields := fieldsOf(c.Exchange); {
	case c.Err != nil:
		tflog.SubsystemWarn(ctx, c.Purpose, "request failed", fields)
	case c.Method == http.MethodGet || c.Purpose == "oauth":
		tflog.SubsystemDebug(ctx, c.Purpose, "request answered", fields)
	default:
		tflog.SubsystemInfo(ctx, c.Purpose, "request carried out", fields)
	}
}

func fieldsOf(e rest.Exchange) map[string]any {
	fields := map[string]any{
		"method": e.Method, "url": e.URL, "status": e.Status, "attempt": e.Attempt,
		"duration_ms": e.Duration.Milliseconds(), "waited_ms": e.Waited.Milliseconds(), "interaction_id": e.InteractionID,
	}
	if e.Err != nil {
		fields["error"] = e.Err.Error()
	}
	if e.Phase != "" {
		fields["phase"] = string(e.Phase)
	}
	return fields
}

// logJournal writes one line for what is written to the journal; nothing of it is secret.
func logJournal(ctx context.Context, event string, entry journal.Entry) {
	tflog.SubsystemDebug(subsystem(ctx, logOfJournal), logOfJournal, event, map[string]any{
		"client_id": entry.ClientID, "registration_endpoint": entry.Endpoint, "file": entry.File,
	})
}
