package application

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
)

// listedAtMost is how many applications an error names.
const listedAtMost = 20

// byID finds an application by its ID.
func byID(ctx context.Context, client *directory.Client, id string) (*directory.Application, diag.Diagnostic) {
	app, err := client.Snapshot().Application(ctx, id)
	if errors.Is(err, directory.ErrGone) {
		return nil, diag.NewAttributeErrorDiagnostic(path.Root("id"), "The application does not exist",
			fmt.Sprintf("The directory has no application %q for this organisation, or has it as inactive, which is how it keeps deleted ones.\n\nCheck id and directory.organisation_id. The data source dcr_applications lists what there is; with status = [\"Inactive\"] also what was deleted.", id))
	}
	if err != nil {
		return nil, diagnose.Directory(nil).Diagnostic(err, "read the application")
	}
	return app, nil
}

// byName finds the only application of a name. Inactive ones were deleted and
// do not count.
func byName(ctx context.Context, client *directory.Client, name string) (*directory.Application, diag.Diagnostic) {
	all, err := client.Applications(ctx)
	if err != nil {
		return nil, diagnose.Directory(nil).Diagnostic(err, "list the applications")
	}
	living := slices.DeleteFunc(all, func(a directory.Application) bool { return !a.Active() })
	same := slices.DeleteFunc(slices.Clone(living), func(a directory.Application) bool { return a.ClientName != name })
	switch len(same) {
	case 1:
		return &same[0], nil
	case 0:
		return nil, diag.NewAttributeErrorDiagnostic(path.Root("client_name"), "No application has this name",
			fmt.Sprintf("The organisation has no active or suspended application named %q. It has %s.\n\nCheck client_name, to the last space and capital letter, and directory.organisation_id.", name, enumerated(living)))
	}
	return nil, diag.NewAttributeErrorDiagnostic(path.Root("client_name"), "Several applications have this name",
		fmt.Sprintf("The organisation has %d applications named %q: %s.\n\nGive id instead of client_name.", len(same), name, enumerated(same)))
}

// enumerated names applications, in an order of its own.
func enumerated(apps []directory.Application) string {
	if len(apps) == 0 {
		return "none at all"
	}
	slices.SortFunc(apps, func(a, b directory.Application) int {
		return cmp.Or(cmp.Compare(a.ClientName, b.ClientName), cmp.Compare(a.ID, b.ID))
	})
	texts := make([]string, 0, listedAtMost)
	for _, app := range apps[:min(len(apps), listedAtMost)] {
		texts = append(texts, fmt.Sprintf("%q (%s, %s)", app.ClientName, app.ID, app.Status))
	}
	if left := len(apps) - listedAtMost; left > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", left))
	}
	return strings.Join(texts, ", ")
}
