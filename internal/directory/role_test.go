package directory

import (
	"errors"
	"net/http"
	"sync"
	"testing"
)

const rolesURL = appURL + "/authorityclaims"

// brasil ends in a space on purpose: the directory's own domain name does.
const brasil = "Open Banking Brasil "

func claim(id, role, status string) string {
	return `{"SoftwareStatementId":"x","SoftwareAuthorityClaimId":"` + id + `","Status":"` + status +
		`","AuthorisationDomain":"` + brasil + `","Role":"` + role + `"}`
}

func roleList(claims ...string) reply {
	body := "["
	for i, c := range claims {
		if i > 0 {
			body += ","
		}
		body += c
	}
	return reply{status: 200, body: body + "]"}
}

func TestRolesInBothSpellings(t *testing.T) {
	t.Parallel()
	newer := `{"SoftwareAuthorityClaimId":"b","Status":"Inactive","AuthorisationDomainName":"` + brasil + `","AuthorisationDomainRoleName":"PAGTO"}`
	f := newFake(t, routes{"GET " + rolesURL: {roleList(claim("a", "DADOS", "Active"), newer)}})
	roles, err := f.client().Roles(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	want := []Role{{"a", brasil, "DADOS", "Active"}, {"b", brasil, "PAGTO", "Inactive"}}
	if len(roles) != 2 || roles[0] != want[0] || roles[1] != want[1] {
		t.Errorf("Roles = %+v, want %+v", roles, want)
	}
}

func TestAddRole(t *testing.T) {
	t.Parallel()
	active, inactive := claim("a", "DADOS", "Active"), claim("a", "DADOS", "Inactive")
	tests := []struct {
		name        string
		lists       []reply
		post        []reply
		put         []reply
		want        string
		posts, puts int
	}{
		{"new", []reply{roleList(claim("b", "PAGTO", "Active"))}, []reply{{status: created, body: active}}, nil, "", 1, 0},
		{"there", []reply{roleList(active)}, nil, nil, "", 0, 0},
		{"there, inactive", []reply{roleList(inactive)}, nil, []reply{{status: 204}}, "", 0, 1},
		{"there twice", []reply{roleList(claim("z", "DADOS", "Inactive"), active)}, nil, nil, "", 0, 0},
		{"conflict, then found inactive", []reply{roleList(), roleList(inactive)}, []reply{{status: 409}}, []reply{{status: 204}}, "", 1, 1},
		{"conflict, never found", []reply{roleList()}, []reply{{status: 409}}, nil, "409", 1, 0},
		{"dropped, then found", []reply{roleList(), roleList(active)}, []reply{{drop: true}}, nil, "", 1, 0},
		{"dropped, not found", []reply{roleList()}, []reply{{drop: true}}, nil, "ambiguous", 1, 0},
		{"dropped, cannot look", []reply{roleList(), {status: 403}}, []reply{{drop: true}}, nil, "ambiguous", 1, 0},
		{"unreadable, then found", []reply{roleList(), roleList(active)}, []reply{{status: created, body: "<html>"}}, nil, "", 1, 0},
		{"no identifier, not found", []reply{roleList()}, []reply{{status: created, body: `{}`}}, nil, "ambiguous", 1, 0},
		{"not held", []reply{roleList()}, []reply{{status: 400, body: `{"errors":["not held"]}`}}, nil, "400", 1, 0},
		{"application gone", []reply{{status: 404}}, nil, nil, "gone", 0, 0},
		{"activation refused", []reply{roleList(inactive)}, nil, []reply{{status: 403}}, "403", 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"GET " + rolesURL: test.lists, "POST " + rolesURL: test.post, "PUT " + rolesURL + "/a": test.put})
			role, err := f.client().AddRole(t.Context(), appID, Role{AuthorisationDomain: brasil, Role: "DADOS"})
			if got := kind(err); got != test.want {
				t.Fatalf("AddRole = %v, %v; want %q", role, err, test.want)
			}
			if err == nil && *role != (Role{"a", brasil, "DADOS", "Active"}) {
				t.Errorf("role is %+v", *role)
			}
			posts, puts := f.sent(http.MethodPost), f.sent(http.MethodPut)
			if len(posts) != test.posts || len(puts) != test.puts {
				t.Fatalf("%d POSTs and %d PUTs, want %d and %d", len(posts), len(puts), test.posts, test.puts)
			}
			if len(posts) == 1 {
				sameJSON(t, posts[0].body, `{"AuthorisationDomain":"`+brasil+`","Role":"DADOS","Status":"Active"}`)
			}
			if len(puts) == 1 {
				sameJSON(t, puts[0].body, `{"Status":"Active"}`)
			}
		})
	}
}

func TestSetRoleStatus(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"PUT " + rolesURL + "/a%2Fb": {{status: 204}, {status: 404}}})
	if err := f.client().SetRoleStatus(t.Context(), appID, "a/b", StatusInactive); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, f.sent("")[0].body, `{"Status":"Inactive"}`)
	if err := f.client().SetRoleStatus(t.Context(), appID, "a/b", StatusInactive); !errors.Is(err, ErrGone) {
		t.Errorf("SetRoleStatus = %v, want ErrGone", err)
	}
}

func TestOrganisationRolesAreReadOnce(t *testing.T) {
	t.Parallel()
	const address = "/organisations/org-1/authorityclaims"
	held := `[{"OrganisationAuthorityClaimId":"c","AuthorisationDomain":"` + brasil + `","Role":"DADOS","Status":"Active","AuthorityId":"au","RegistrationId":"r","Metadata":{"scope":["accounts"]}}]`
	f := newFake(t, routes{"GET " + address: {{status: 403}, {status: 200, body: held}}})
	client := f.client()
	if _, err := client.OrganisationRoles(t.Context()); kind(err) != "403" {
		t.Fatalf("OrganisationRoles = %v, want 403", err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			roles, err := client.OrganisationRoles(t.Context())
			if err != nil || len(roles) != 1 || roles[0].AuthorisationDomain != brasil || !roles[0].Active() {
				t.Errorf("OrganisationRoles = %+v, %v", roles, err)
			}
		})
	}
	group.Wait()
	if got := len(f.sent("")); got != 2 {
		t.Errorf("%d requests: one failed, which is not remembered, and one should do for all", got)
	}
}
