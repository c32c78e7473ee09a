package diagnose

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Unlock words a failed unlock of an application that was just read. Whether it was asked
// for with an administrator's token decides what to do about a refusal, so that comes first.
func (t Target) Unlock(err error, administrator bool) diag.Diagnostic {
	const action, attribute = "unlock the application", "directory.administrator_access_token"
	var (
		status *rest.StatusError
		token  *oauth.TokenError
	)
	refused := errors.As(err, &status) && (status.Status == http.StatusForbidden || administrator && status.Status == http.StatusUnauthorized)
	if !refused && errors.As(err, &status) && !errors.As(err, &token) && veiled(status) {
		return identified(err, message{
			summary: t.Actor + " refused to " + action,
			fact:    fact(status),
			meaning: "The application was read just before, and the request has nothing from the configuration in it: most likely this directory answers so where the token may not unlock, which in most deployments only that of a Super Administrator may. Nothing was changed.",
			next:    fmt.Sprintf("Set %s to a fresh access token of a Super Administrator, or have one unlock the application in the directory's portal, then run the same command again.", attribute),
		}.diagnostic())
	}
	if !refused || errors.As(err, &token) {
		return t.Diagnostic(err, action)
	}
	m := message{
		summary: t.Actor + " refused to " + action,
		fact:    fmt.Sprintf("No %s is configured, and the token for everything else may not unlock: in most deployments only a Super Administrator may.", attribute),
		meaning: fmt.Sprintf("Set %s to the access token of a Super Administrator, or have one unlock the application in the directory's portal, then run the same command again.", attribute),
		next:    fact(status) + " Nothing was changed.",
	}
	if administrator {
		m.fact = fmt.Sprintf("The token in %s may not unlock: it is not a Super Administrator's of this organisation, or has expired.", attribute)
		m.meaning = fmt.Sprintf("Set %s to a fresh access token of a Super Administrator, or have one unlock the application in the directory's portal, then run the same command again.", attribute)
	}
	return identified(err, m.diagnostic())
}

// veiled reports the statuses with which a directory may say that somebody may not unlock:
// its document declares no 403 for that.
func veiled(status *rest.StatusError) bool {
	return !rest.IsPage(status.ContentType) && slices.Contains([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound}, status.Status)
}
