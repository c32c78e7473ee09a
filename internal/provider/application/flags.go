package application

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// applicationFlag is the type of those flags that applications may have.
const applicationFlag = "Software_Statement"

func identifiers(flags []directory.Flag) []string {
	out := make([]string, len(flags))
	for i, flag := range flags {
		out[i] = flag.ID
	}
	slices.Sort(out)
	return out
}

// flagWords shows flags as the user wrote them, and by ID, which is never
// ambiguous, those that somebody else set.
func flagWords(ids []string, wording map[string]string) types.Set {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = cmp.Or(wording[id], id)
	}
	return fw.StringSet(words)
}

// flagWording is how the plan writes flags, by ID. Words that were not looked
// up are those from before, or IDs.
func (m Model) flagWording(before map[string]string) map[string]string {
	out := map[string]string{}
	for _, word := range m.Strings("flags") {
		id := m.flagID(word)
		for known, written := range before {
			if m.flagIDs == nil && written == word {
				id = known
			}
		}
		out[id] = word
	}
	return out
}

// tellingNames are the names only one usable flag has, by which an import shows flags.
func tellingNames(flags []directory.Flag) map[string]string {
	count := map[string]int{}
	for _, flag := range flags {
		if usable(flag) {
			count[flag.Name]++
		}
	}
	out := map[string]string{}
	for _, flag := range flags {
		if usable(flag) && flag.Name != "" && count[flag.Name] == 1 {
			out[flag.ID] = flag.Name
		}
	}
	return out
}

// importedFlags are the names by which an import shows an application's flags. An import
// that could not read the list leaves that to the next refresh: a plan and its apply must
// not depend on whether they can.
func importedFlags(ctx context.Context, client *directory.Client, app *directory.Application) map[string]string {
	flags, _ := client.Flags(ctx)
	names := tellingNames(flags)
	maps.DeleteFunc(names, func(id, _ string) bool { return !slices.Contains(identifiers(app.Flags), id) })
	return names
}

// flagLookup maps what a user may write for a flag to its ID.
func flagLookup(words []string, flags []directory.Flag) (ids map[string]string, problems []string) {
	ids = map[string]string{}
	for _, word := range words {
		var named []directory.Flag
		for _, flag := range flags {
			switch {
			case flag.ID == word:
				ids[word] = word
			case flag.Name == word && usable(flag):
				named = append(named, flag)
			}
		}
		switch {
		case ids[word] != "":
		case len(named) == 1:
			ids[word] = named[0].ID
		case len(named) > 1:
			problems = append(problems, fmt.Sprintf("%q is the name of several flags; write one of their IDs:\n%s", word, flagList(named)))
		default:
			problems = append(problems, fmt.Sprintf("%q is neither the ID nor the name of an active flag for applications.", word))
		}
	}
	return ids, problems
}

func usable(flag directory.Flag) bool {
	return (flag.Type == "" || flag.Type == applicationFlag) && (flag.Status == "" || flag.Status == directory.StatusActive)
}

func flagList(flags []directory.Flag) string {
	var lines []string
	for _, flag := range flags {
		if usable(flag) {
			lines = append(lines, fmt.Sprintf("  %s: %q = %q", flag.ID, flag.Name, flag.Value))
		}
	}
	if len(lines) == 0 {
		return "  none"
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// identifierLike recognises what needs no list of flags to be sent.
func identifierLike(words []string) bool {
	form := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	return !slices.ContainsFunc(words, func(word string) bool { return !form.MatchString(word) })
}

// lookUpFlags resolves the flags of the plan and the state, known words from the
// wording of what was last sent and new ones from the directory's list, so that flags are
// compared and sent by ID however they are written. It returns what is wrong
// with them, and whether that is only that the list could not be read.
func (m *Model) lookUpFlags(ctx context.Context, client *directory.Client, state Model, wording map[string]string) (problem diag.Diagnostic, unread bool) {
	words := m.Strings("flags")
	if len(words) == 0 || m.Values["flags"].Equal(state.Values["flags"]) || !m.FullyKnown("flags") {
		return nil, false
	}
	ids := meant(wording)
	words = slices.DeleteFunc(words, func(word string) bool { return ids[word] != "" })
	var flags []directory.Flag
	var problems []string
	if len(words) > 0 {
		var err error
		if flags, err = client.Flags(ctx); err != nil && !identifierLike(words) {
			return diag.WithPath(path.Root("flags"), target().Diagnostic(err, "read the directory's flags")), true
		} else if err == nil {
			var found map[string]string
			found, problems = flagLookup(words, flags)
			maps.Copy(ids, found)
		}
	}
	m.flagIDs = ids
	if twice := m.flagTwice(); twice != "" {
		return diag.NewAttributeErrorDiagnostic(path.Root("flags"), "A flag is written twice", twice+"\n\nNothing was sent. Write each flag once, by its ID or its name."), false
	}
	if len(problems) == 0 {
		return nil, false
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("flags"), "The directory has no such flag",
		fmt.Sprintf("%s\n\nNothing was sent. The flags an application may have:\n%s\n\nUse one of those, by ID or by a name only one of them has.", strings.Join(problems, "\n"), flagList(flags))), false
}

// meant maps words to the flags they stood for when they were last sent, and
// those flags' IDs to themselves: what a name meant does not change because the
// directory gives it to another flag.
func meant(wording map[string]string) map[string]string {
	ids := map[string]string{}
	for id, word := range wording {
		ids[word], ids[id] = id, id
	}
	return ids
}

// flagTwice names two words for one flag.
func (m Model) flagTwice() string {
	seen := map[string]string{}
	for _, word := range m.Strings("flags") {
		id := m.flagID(word)
		if other, twice := seen[id]; twice {
			return fmt.Sprintf("%q and %q are the same flag.", other, word)
		}
		seen[id] = word
	}
	return ""
}

// flagID is the ID of a flag as it is written; an unresolved one is taken for an ID.
func (m Model) flagID(word string) string {
	if id, ok := m.flagIDs[word]; ok {
		return id
	}
	return word
}

// sameFlags compares flags by ID.
func (m Model) sameFlags(state Model) bool {
	resolve := func(words []string) []string {
		out := make([]string, len(words))
		for i, word := range words {
			out[i] = m.flagID(word)
		}
		return out
	}
	return fw.SameSet(resolve(m.Strings("flags")), resolve(state.Strings("flags")))
}
