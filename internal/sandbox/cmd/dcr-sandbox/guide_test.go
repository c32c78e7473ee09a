package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestGuideListsEveryFlag compares the table of flags in the guide on testing with
// the command line: every flag once, with its default, and none that is not there.
func TestGuideListsEveryFlag(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../../templates/guides/testing.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `-([a-z-]+)[^`]*` \\| (.+) \\| .+ \\|$").FindAllStringSubmatch(string(guide), -1) {
		if _, twice := rows[row[1]]; twice {
			t.Errorf("-%s is there twice", row[1])
		}
		rows[row[1]] = row[2]
	}
	var f flags
	set := flag.NewFlagSet("dcr-sandbox", flag.ContinueOnError)
	f.define(set)
	set.VisitAll(func(one *flag.Flag) {
		standard, ok := rows[one.Name]
		delete(rows, one.Name)
		switch {
		case !ok:
			t.Errorf("the guide lacks -%s", one.Name)
		case one.DefValue != "" && one.DefValue != "0s" && !strings.Contains(standard, "`"+one.DefValue+"`"):
			t.Errorf("the guide has the default of -%s as %s, and it is %s", one.Name, standard, one.DefValue)
		}
	})
	for name := range rows {
		t.Errorf("there is no flag -%s", name)
	}
}
