package released_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

type ballast struct{}

// BenchmarkCalls reports what a call leaves behind, with a context that has 30 kB in it.
func BenchmarkCalls(b *testing.B) {
	server := provider.Server("test", provider.Options{Getenv: func(string) string { return "" }})()
	before := inUse()
	for b.Loop() {
		validate(b, server)
	}
	b.ReportMetric((inUse()-before)/float64(b.N), "left-B/op")
	runtime.KeepAlive(server)
}

// TestCallsLeaveNothing: after many calls, little of what their contexts held is left.
func TestCallsLeaveNothing(t *testing.T) { //nolint:paralleltest // Others' memory would count.
	server := provider.Server("test", provider.Options{Getenv: func(string) string { return "" }})()
	validate(t, server)
	before := inUse()
	const calls = 200
	for range calls {
		validate(t, server)
	}
	if left := (inUse() - before) / calls; left > 3<<10 {
		t.Errorf("each call left %.0f bytes", left)
	}
	runtime.KeepAlive(server)
}

func validate(t testing.TB, server tfprotov6.ProviderServer) {
	t.Helper()
	object := tftypes.Object{}
	config, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, map[string]tftypes.Value{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), ballast{}, make([]byte, 30<<10)))
	defer cancel()
	// What it says of an empty object does not matter.
	if _, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "dcr_organisation", Config: &config}); err != nil {
		t.Fatal(err)
	}
}

func inUse() float64 {
	runtime.GC()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return float64(memory.HeapAlloc)
}
