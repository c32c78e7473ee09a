package diagnose

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
)

// NoApplication is the error about an application that the directory does not have,
// and says what was not done for it.
func NoApplication(id, undone string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("application_id"), "The application does not exist",
		fmt.Sprintf("Application %s is not in the directory, or is inactive, which is as far as the directory deletes. %s\n\nGive the ID of an active application of the provider's organisation.", id, undone))
}

// Absent is NoApplication if that is why the directory refused a request; nil if it
// is not. A refusal by itself does not tell: directories answer in many ways.
func Absent(ctx context.Context, client *directory.Client, id string, err error, undone string) diag.Diagnostic {
	status, ok := asStatus(err)
	refused := ok && status.Status >= http.StatusBadRequest && status.Status < http.StatusInternalServerError
	if !refused || status.Status == http.StatusUnauthorized || status.Status == http.StatusTooManyRequests {
		return nil
	}
	if _, readErr := client.Application(ctx, id); !errors.Is(readErr, directory.ErrGone) {
		return nil
	}
	return identified(err, NoApplication(id, undone))
}
