package main

import (
	"runtime/debug"
	"testing"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	build := func(version, revision string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}}}
		if revision != "" {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.revision", Value: revision})
		}
		return info
	}
	for name, test := range map[string]struct {
		version, commit string
		build           *debug.BuildInfo
		want            string
	}{
		"of the linker":           {"1.2.3", commit, build("(devel)", "fedcba9876543210"), "1.2.3 (0123456789ab)"},
		"go install":              {"", "", build("v1.2.3", ""), "1.2.3"},
		"go build in a clone":     {"", "", build("v1.2.4-0.20260102030405-0123456789ab+dirty", commit), "1.2.4-0.20260102030405-0123456789ab+dirty (0123456789ab)"},
		"go build without a tag":  {"", "", build("(devel)", ""), "dev"},
		"a version and no commit": {"1.2.3", "", build("(devel)", ""), "1.2.3"},
		"a short commit":          {"1.2.3", "0123", nil, "1.2.3 (0123)"},
		"nothing is known":        {"", "", nil, "dev"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := describe(test.version, test.commit, test.build); got != test.want {
				t.Errorf("%q instead of %q", got, test.want)
			}
		})
	}
}
