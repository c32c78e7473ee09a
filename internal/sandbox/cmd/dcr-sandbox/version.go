package main

import (
	"runtime/debug"
	"strings"
)

// Set by the linker at release. What was built without, by `go install` or `go build`, knows what Go wrote into it.
var version, commit string

// release is the version and, in brackets, the commit that this binary was built from. The provider's says it the same
// way, in code of its own: the two share none.
func release() string {
	build, _ := debug.ReadBuildInfo()
	return describe(version, commit, build)
}

func describe(version, commit string, build *debug.BuildInfo) string {
	if build != nil && version == "" {
		version = strings.TrimPrefix(build.Main.Version, "v")
	}
	if version == "" || version == "(devel)" {
		version = "dev"
	}
	if build != nil && commit == "" {
		for _, setting := range build.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	if commit == "" {
		return version
	}
	return version + " (" + commit[:min(len(commit), 12)] + ")"
}
