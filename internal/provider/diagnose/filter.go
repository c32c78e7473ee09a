package diagnose

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// listedAtMost is how many of what there is a warning names.
const listedAtMost = 20

// Unmatched warns of a filter's value that nothing of the list has: an empty
// result is no error, and what is made of it by for_each would be destroyed.
func Unmatched(attribute, value, list string, published []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root(attribute), "A filter matches nothing that is published",
		fmt.Sprintf("Nothing in %s has %q, so nothing passes the filter for it.\n\nWhat there is: %s.", list, value, quoted(published)))
}

// quoted lists texts, of which there may be hundreds.
func quoted(texts []string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	shown := make([]string, 0, listedAtMost)
	for _, text := range texts[:min(len(texts), listedAtMost)] {
		shown = append(shown, fmt.Sprintf("%q", text))
	}
	return strings.Join(shown, ", ") + More(len(texts), listedAtMost)
}

// More ends a list of which only the first are shown.
func More(count, shown int) string {
	if count <= shown {
		return ""
	}
	return fmt.Sprintf(", and %d more", count-shown)
}
