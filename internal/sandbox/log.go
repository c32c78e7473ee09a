package sandbox

import (
	"log/slog"
	"net/http"
	"time"
)

// tell logs one request: where it went and what became of it. Query, headers and body can hold secrets and stay out.
func (s *Sandbox) tell(r *http.Request, exchange Exchange, took time.Duration) {
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("server", exchange.Server), slog.String("method", exchange.Method), slog.String("path", redactText(r.URL.EscapedPath())),
		slog.Int("status", exchange.Status), slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	if exchange.Route != "" {
		attributes = append(attributes, slog.String("route", exchange.Route))
	}
	if exchange.InteractionID != "" {
		attributes = append(attributes, slog.String("interaction_id", exchange.InteractionID))
	}
	if exchange.Fault != "" {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("fault", exchange.Fault))
	}
	s.options.Log.LogAttrs(r.Context(), level, "request", attributes...)
}

// statusRecorder notes the status an answer is given.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and passes it on.
func (w *statusRecorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
