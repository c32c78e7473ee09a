package certificate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// lifetime is how long the certificate is valid in all; zero when that is not known.
func (m Model) lifetime() time.Duration {
	from, okFrom := m.moment("not_before")
	to, okTo := m.moment("not_after")
	if !okFrom || !okTo {
		return 0
	}
	return to.Sub(from)
}

// left is how much of the lifetime was to come when the certificate was issued,
// which is less where certificates are dated back.
func (m Model) left(issued time.Time) time.Duration {
	end, ok := m.moment("not_after")
	if !ok || issued.IsZero() {
		return m.lifetime()
	}
	return min(m.lifetime(), end.Sub(issued))
}

// ahead is how long before its end the certificate is renewed. With a
// renew_before that a successor would be within as soon as it is issued, every
// plan would renew: then it is as without.
func (m Model) ahead(issued time.Time) time.Duration {
	left := m.left(issued)
	for _, before := range []time.Duration{m.span("renew_before", m.lifetime()/3), m.lifetime() / 3} {
		if before < left {
			return before
		}
	}
	return left / 3
}

// due reports whether the certificate is to be renewed by now.
func (m Model) due(now, issued time.Time) bool {
	end, ok := m.moment("not_after")
	return ok && !now.Before(end.Add(-m.ahead(issued)))
}

// outlasts reports whether renew_before is no shorter than the given certificate
// was valid when it was issued.
func (m Model) outlasts(held Model, issued time.Time) bool {
	before := m.span("renew_before", 0)
	return !m.flavour.bare && held.lifetime() > 0 && before > 0 && before >= held.left(issued)
}

// checkLifetime refuses a renew_before with which every plan would renew. One
// that is in state already is told and not refused: before terraform destroy,
// Terraform makes a plan like any other, and an error there leaves no way out
// with what a first apply could not know.
func (m Model) checkLifetime(state Model, issued time.Time, diags *diag.Diagnostics) {
	switch {
	case !m.outlasts(state, issued):
	case m.Values["renew_before"].Equal(state.Values["renew_before"]):
		state.warnLifetime(issued, diags)
	default:
		diags.AddAttributeError(path.Root("renew_before"), "The certificate would be renewed by every plan",
			m.tooLong(state, issued)+"\n\nGive less than that; a third of the lifetime is the default. To destroy with this change still pending, run terraform destroy -refresh=false.")
	}
}

// warnLifetime tells of a renew_before that does not count.
func (m Model) warnLifetime(issued time.Time, diags *diag.Diagnostics) {
	if !m.outlasts(m, issued) {
		return
	}
	diags.AddAttributeWarning(path.Root("renew_before"), "renew_before is longer than the certificate is valid",
		fmt.Sprintf("%s\n\nEvery plan would renew the certificate, so renew_before does not count: it is renewed within %s of its end, as without renew_before.\n\nGive less than that validity, or remove renew_before.",
			m.tooLong(m, issued), like(m.Text("renew_before"), m.ahead(issued))))
}

func (m Model) tooLong(held Model, issued time.Time) string {
	before := m.Text("renew_before")
	return fmt.Sprintf("renew_before is %s, and the certificate was valid for %s when it was issued, from %s to %s.",
		before, like(before, held.left(issued)), held.Text("not_before"), held.Text("not_after"))
}

// like writes a duration in the unit of another: days, or what time.Duration has.
func like(written string, d time.Duration) string {
	if strings.HasSuffix(written, "d") {
		days := strconv.FormatFloat(d.Hours()/24, 'f', 1, 64)
		return strings.TrimSuffix(days, ".0") + "d"
	}
	text := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		return strings.TrimSuffix(text, "0m")
	}
	return text
}
