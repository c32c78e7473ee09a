package directory

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestContent tells a change that a statement may say from another notation.
func TestContent(t *testing.T) {
	t.Parallel()
	const app = `"SoftwareStatementId":"id","ClientName":"n","Version":1.1,"RedirectUri":["a","b"],"Flags":[{"Id":"f","Name":"x"}],"AdditionalSoftwareMetadata":"{\"a\":1,\"b\":2}"`
	held := []Role{{AuthorisationDomain: "A ", Role: "DADOS", Status: "Active"}, {AuthorisationDomain: "A ", Role: "PAGTO", Status: "Inactive"}}
	read := func(members string) *Application {
		var out Application
		if err := json.Unmarshal([]byte("{"+members+"}"), &out); err != nil {
			t.Fatal(err)
		}
		return &out
	}
	replaced := func(old, with string) string { return strings.Replace(app, old, with, 1) }
	for name, tc := range map[string]struct {
		app   string
		roles []Role
		want  string
	}{
		"same":                     {app, held, ""},
		"order":                    {replaced(`["a","b"]`, `["b","a","b"]`), held, ""},
		"number":                   {replaced(`1.1`, `1.10`), held, ""},
		"metadata in other order":  {replaced(`{\"a\":1,\"b\":2}`, `{\"b\":2, \"a\":1}`), held, ""},
		"a flag's name":            {replaced(`"Name":"x"`, `"Name":"y"`), held, ""},
		"flag as ID":               {replaced(`{"Id":"f","Name":"x"}`, `"f"`), held, ""},
		"empty members":            {app + `,"Description":"","OriginUri":[],"Mode":null`, held, ""},
		"what no statement says":   {app + `,"NotificationWebhook":"https://a","Status":"Suspended","Locked":true`, held, ""},
		"notation of a status":     {app, []Role{{AuthorisationDomain: "A ", Role: "DADOS", Status: "ACTIVE"}}, ""},
		"no status":                {app, []Role{{AuthorisationDomain: "A ", Role: "DADOS"}}, ""},
		"inactive role":            {app, held[:1], ""},
		"name":                     {replaced(`"n"`, `"m"`), held, "ClientName"},
		"version":                  {replaced(`1.1`, `1.2`), held, "Version"},
		"URI":                      {replaced(`["a","b"]`, `["a"]`), held, "RedirectUri"},
		"another flag of the name": {replaced(`"Id":"f"`, `"Id":"g"`), held, "Flags"},
		"metadata":                 {replaced(`\"b\":2`, `\"b\":3`), held, "AdditionalSoftwareMetadata"},
		"large number":             {replaced(`\"b\":2`, `\"b\":9007199254740993`), held, "AdditionalSoftwareMetadata"},
		"new member":               {app + `,"PostLogoutRedirectUris":["https://a"]`, held, "PostLogoutRedirectUris"},
		"domain":                   {app, []Role{{AuthorisationDomain: "B", Role: "DADOS", Status: "Active"}}, "Roles"},
		"no role and no flag":      {replaced(`{"Id":"f","Name":"x"}`, ``), nil, "Flags,Roles"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, now := NewContent(read(app), held), NewContent(read(tc.app), tc.roles)
			if got := strings.Join(before.Changed(now), ","); got != tc.want {
				t.Errorf("changed is %q, want %q", got, tc.want)
			}
			if same := before.Digest(0) == now.Digest(0); same != (tc.want == "") {
				t.Errorf("the digests are the same: %t", same)
			}
		})
	}
	content := NewContent(read(app), held)
	if content.Digest(1) == content.Digest(0) || content.Digest(1) == content.Digest(2) {
		t.Error("the digest does not depend on what it is salted with")
	}
	kept, err := json.Marshal(content)
	var back Content
	if err != nil || json.Unmarshal(kept, &back) != nil || len(back.Changed(content)) > 0 {
		t.Errorf("what was kept as %s differs in %v", kept, back.Changed(content))
	}
	if !slices.IsSorted(Content{}.Changed(content)) {
		t.Error("the names are not sorted")
	}
}
