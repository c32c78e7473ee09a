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

// NotImported is the error about an import of what the directory does not have.
// The URL is where it was looked for, unless the error knows that.
func (t Target) NotImported(err error, what, url, organisation string) diag.Diagnostic {
	found := fmt.Sprintf("The directory has no %s at %s, or has it as Inactive, which is as far as it deletes.", what, url)
	if status, ok := asStatus(err); ok {
		found = fact(status)
	}
	return identified(err, message{
		summary: fmt.Sprintf("The %s to import does not exist", what),
		fact:    found,
		meaning: fmt.Sprintf("It was looked for in organisation %s, which is directory.organisation_id. Nothing was imported.", organisation),
		next:    fmt.Sprintf("Check each part of the import ID letter by letter, and that directory.organisation_id and %s are those of the %s. What was deleted cannot be imported.", t.URL, what),
	}.diagnostic())
}

// unconfirmed words an answer that something is not there which nothing confirms.
func (t Target) unconfirmed(err *directory.UnconfirmedError) message {
	meaning := "The directory has it in its list all the same"
	if err.List != nil {
		meaning = "The directory's list does not confirm it (" + err.List.Error() + ")"
	}
	return message{
		summary: t.Actor + "'s 404 is not confirmed",
		fact:    fact(err.Status),
		meaning: meaning + ". So this is as likely the answer of a gateway, or of an outage, as that of a directory that does not have it. What state has of it stays, and nothing is created in its place.",
		next:    "Run the same command again when the directory answers. If it says so for good, compare directory.api_url and directory.organisation_id with those that it was created with. What is in state and gone indeed is removed with terraform state rm.",
	}
}
