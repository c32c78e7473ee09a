package provider

import (
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/direct"
)

// TestManyAttributes: the resources of many attributes have nothing that would leave
// them to the framework, whose time for them grows with the square of their number.
func TestManyAttributes(t *testing.T) {
	t.Parallel()
	for name, of := range many() {
		if err := direct.Check(t.Context(), name, of); err != nil {
			t.Error(err)
		}
	}
}
