package dcr

import (
	"fmt"
	"slices"
	"strings"
)

// licences maps scopes of Open Finance Brasil to the regulatory roles that
// allow them (Open Finance Brasil DCR 1.0 §7.3; later editions let payment
// initiators have consents and resources too).
func licences() map[string][]string {
	const data, payments = "DADOS", "PAGTO"
	out := map[string][]string{"payments": {payments}, "consents": {data, payments}, "resources": {data, payments}}
	for _, scope := range []string{"accounts", "credit-cards-accounts", "customers", "invoice-financings", "financings", "loans", "unarranged-accounts-overdraft"} {
		out[scope] = []string{data}
	}
	return out
}

// unlicensed compares the scope with the active regulatory roles of a statement
// of Open Finance Brasil. Statements with other roles are somebody else's.
func unlicensed(metadata Metadata, claims map[string]any) []Advice {
	var active, known []string
	stated, _ := claims["software_statement_roles"].([]any)
	for _, one := range stated {
		role, _ := one.(map[string]any)
		name, _ := role["role"].(string)
		if slices.Contains([]string{"DADOS", "PAGTO", "CONTA", "CCORR"}, name) {
			known = append(known, name)
			if status, _ := role["status"].(string); strings.EqualFold(status, "active") {
				active = append(active, name)
			}
		}
	}
	if len(known) == 0 {
		return nil
	}
	var advice []Advice
	for _, word := range strings.Fields(text(metadata["scope"])) {
		allowing := licences()[word]
		if len(allowing) > 0 && !slices.ContainsFunc(allowing, func(role string) bool { return slices.Contains(active, role) }) {
			advice = append(advice, Advice{"scope", fmt.Sprintf("The scope %q needs the regulatory role %s, and the software statement has as active roles %s.", word, strings.Join(allowing, " or "), quoted(active))})
		}
	}
	return advice
}
