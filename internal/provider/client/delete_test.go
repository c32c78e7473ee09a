package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestBusyRemoval: a server that fails or is busy is to be asked again, and only
// one that never removes clients is a matter for its operator. Either error
// names the client and its server.
func TestBusyRemoval(t *testing.T) {
	t.Parallel()
	for status, later := range map[int]bool{500: true, 503: true, 429: true, 405: false, 501: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
			id, issuer := fmt.Sprint(ws.State(this)["client_id"]), sb.Info().AuthorizationServers[0].Issuer
			sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: status, Times: 1})
			r := ws.Destroy()
			if len(r.Errors) != 1 || !acctest.Words(id, issuer).MatchString(r.Errors[0]) {
				t.Fatalf("the removal says %q", r.Errors)
			}
			if abandon := strings.Contains(r.Errors[0], "abandon"); acctest.Words("again later").MatchString(strings.ToLower(r.Errors[0])) != later || abandon == later {
				t.Errorf("the removal says %q", r.Errors)
			}
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
				t.Errorf("the next removal says %q", r.Errors)
			}
		})
	}
}
