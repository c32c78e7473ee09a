package main

import (
	"fmt"
	"os"
	"strings"
)

// paint colours text for a terminal, and for nothing else.
func paint(code, text string) string {
	info, err := os.Stdout.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func bold(text string) string  { return paint("1", text) }
func green(text string) string { return paint("32", text) }
func red(text string) string   { return paint("31", text) }
func dim(text string) string   { return paint("2", text) }

// title opens a step.
func title(text string) { fmt.Printf("\n%s\n", bold("== "+text)) }

// say is a sentence of narration.
func say(format string, arguments ...any) { fmt.Printf("   "+format+"\n", arguments...) }

// command shows what is run, as the reader could type it.
func command(words ...string) { fmt.Printf("   %s\n", dim("$ "+strings.Join(words, " "))) }

// verdict says what was checked.
func verdict(text string) { fmt.Printf("   %s %s\n", green("ok"), text) }

// quote shows output, indented and without blank lines at its ends.
func quote(output string) {
	for line := range strings.SplitSeq(strings.Trim(output, "\n"), "\n") {
		fmt.Printf("     %s\n", line)
	}
}
