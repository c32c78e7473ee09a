package fw

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

const importKey = "import"

// MarkImported records in private state that an object is being imported, until
// it has been read: that it is not there is then no drift but a wrong ID.
func MarkImported(ctx context.Context, private Private) diag.Diagnostics {
	return Remember(ctx, private, importKey, true)
}

// Importing reports whether the read is the one of an import.
func Importing(ctx context.Context, private Private) bool {
	var importing bool
	return !Recall(ctx, private, importKey, &importing).HasError() && importing
}

// DoneImporting takes the mark off, if there is one.
func DoneImporting(ctx context.Context, private Private) diag.Diagnostics {
	if !Importing(ctx, private) {
		return nil
	}
	return private.SetKey(ctx, importKey, nil)
}
