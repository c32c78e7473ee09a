package application

import (
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Generated mends a configuration that Terraform writes for an application: it
// may give a client ID to one that manages itself only.
func Generated(config map[string]tftypes.Value) {
	if fw.TextOf(config, "federation_management") != selfManaged {
		fw.LeaveOut(config, "client_id")
	}
}
