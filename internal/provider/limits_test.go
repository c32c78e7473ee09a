package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"

	dcr "github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

// TestLimitsAreSaid: what an attribute of the provider refuses, and what the default
// scope does not allow, is in its description.
func TestLimitsAreSaid(t *testing.T) {
	t.Parallel()
	var resp provider.SchemaResponse
	dcr.New("test", dcr.Options{})().Schema(t.Context(), provider.SchemaRequest{}, &resp)
	directory, ok := resp.Schema.Attributes["directory"].(schema.SingleNestedAttribute)
	if !ok {
		t.Fatal("there is no directory")
	}
	for _, c := range []struct {
		attribute schema.Attribute
		words     []string
	}{
		{resp.Schema.Attributes["max_retries"], []string{"From `0`", "to `20`"}},
		{resp.Schema.Attributes["request_timeout"], []string{"at least `100ms`"}},
		{resp.Schema.Attributes["requests_per_second"], []string{"at least `0.01`"}},
		{directory.Attributes["scope"], []string{"not create applications", "403", "`access_token`", "`directory:website`"}},
	} {
		for _, words := range c.words {
			if text := c.attribute.GetMarkdownDescription(); !strings.Contains(text, words) {
				t.Errorf("%q says nothing of %q", text, words)
			}
		}
	}
}
