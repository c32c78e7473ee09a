package provider_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestDataSourcesOnlyRead uses every data source at once. A request other than
// a GET, or one for an assertion, would change or lock something.
func TestDataSourcesOnlyRead(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	id, err := sb.Directory().Create(map[string]any{"ClientName": "Planner", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/cb"}})
	if err != nil {
		t.Fatal(err)
	}
	sb.Reset()
	config := acctest.ProviderConfig(sb) + fmt.Sprintf(`
data "dcr_organisation" "this" {}
data "dcr_application" "id" { id = %q }
data "dcr_application" "name" { client_name = "Planner" }
data "dcr_applications" "this" {}
data "dcr_flags" "this" {}
data "dcr_authorization_servers" "this" {}
data "dcr_authorization_server" "each" {
  count  = length(data.dcr_authorization_servers.this.issuers)
  issuer = values(data.dcr_authorization_servers.this.issuers)[count.index]
}
`, id)
	reads := func(*terraform.State) error {
		history := sb.History()
		if len(history) == 0 {
			return errors.New("nothing was read")
		}
		for _, exchange := range history {
			if exchange.Method != http.MethodGet || strings.Contains(exchange.Route, "assertion") || exchange.Status != http.StatusOK {
				return fmt.Errorf("%s was asked, and answered %d", exchange.Route, exchange.Status)
			}
		}
		if app, ok := sb.Directory().Application(id); !ok || app["Locked"] != false {
			return fmt.Errorf("the application is now %v", app)
		}
		return nil
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), CheckDestroy: reads, Steps: []resource.TestStep{{Config: config}}})
}

// TestPublishedDataSources applies every example of a data source as it is published.
func TestPublishedDataSources(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/data-sources/*/data-source.tf")
	if err != nil || len(files) != 6 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
			const issuers = "values(data.dcr_authorization_servers.banks.issuers)"
			// The test framework knows no for_each; count asks for the same.
			config := strings.NewReplacer("https://auth.example.com", sb.Server("bank").Issuer(),
				"for_each = toset("+issuers+")", "count = length("+issuers+")", "each.value", issuers+"[count.index]").Replace(string(raw))
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps:                    []resource.TestStep{{Config: acctest.ProviderConfig(sb) + config}},
			})
			if registers := strings.Contains(config, `"dcr_client"`); registers != (sb.Count("POST /register") == 1) {
				t.Errorf("%d clients were registered", sb.Count("POST /register"))
			}
		})
	}
}
