package chaos_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

const (
	app       = "dcr_application.app"
	transport = "dcr_transport_certificate.transport"
	signing   = "dcr_signing_certificate.signing"
	key       = "dcr_public_key.key"
	statement = "dcr_software_statement.ssa"
	domain    = "Open Banking Brasil "
)

func client(i int) string { return "dcr_client.at" + strconv.Itoa(i) }

// configure draws a configuration. Clients always are part of it, unless a step removed them.
func (l *life) configure(statuses ...any) {
	dice := l.dice
	redirects := pick(dice, []string{"https://a.example.com"}, []string{"https://a.example.com", "https://b.example.com"})
	config := map[string]any{"client_name": fmt.Sprint("App ", dice.IntN(3)), "version": pick[any](dice, 1, 1.5, 2), "unlock": "when_needed", "redirect_uris": redirects}
	if len(statuses) > 0 {
		config["status"] = pick(dice, statuses...)
	}
	optional := func(name string, values ...any) {
		if dice.IntN(2) == 0 {
			config[name] = pick(dice, values...)
		}
	}
	optional("description", "One", "Two")
	optional("flags", []string{"pilot"})
	optional("logo_uri", "https://a.example.com/l.png")
	optional("notification_webhook_uri", "https://a.example.com/n", "https://b.example.com/n")
	role := func(name string) any { return map[string]any{"authorisation_domain": domain, "role": name} }
	config["roles"] = pick(dice, []any{role("DADOS")}, []any{role("DADOS"), role("PAGTO")})
	l.application = config
	l.ws.Set(app, config)
	id := acctest.Ref(app, "id")
	private := map[string]any{"algorithm": "ECDSA"}
	l.ws.Set(transport, map[string]any{"application_id": id, "private_key": private, "overlap": pick(dice, "0s", "7d", "20d"), "subject": pick[any](dice, nil, map[string]any{"organization": "Other"})})
	l.ws.Set(signing, map[string]any{"application_id": id, "private_key": private, "overlap": pick(dice, "0s", "7d")})
	l.ws.Set(key, map[string]any{"application_id": id, "private_key": private, "type": pick(dice, "sigkey", "sigkey", "enckey"), "overlap": pick(dice, "0s", "3d")})
	l.ws.Set(statement, map[string]any{"application_id": id, "application_revision": acctest.Ref(app, "revision"), "triggers": pick[any](dice, nil, map[string]any{"a": "1"})})
	l.configured = map[string]map[string]any{}
	for i := range l.banks {
		l.configured[client(i)] = l.clientConfig(i, redirects)
		l.ws.Set(client(i), l.configured[client(i)])
	}
	if dice.IntN(6) == 0 {
		l.ws.Remove(key)
	}
	if dice.IntN(6) == 0 {
		removed := client(dice.IntN(len(l.banks)))
		delete(l.configured, removed)
		l.ws.Remove(removed)
	}
}

func (l *life) clientConfig(i int, redirects []string) map[string]any {
	temper := l.banks[i]
	if temper.NoManagement {
		redirects = []string{"https://a.example.com"} // Nobody can change it later.
	}
	config := map[string]any{
		"issuer": l.sb.Server(temper.Name).Issuer(), "ca_certificates_pem": l.sb.CACertificatesPEM(), "redirect_uris": redirects,
		"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "token_endpoint_auth_method": "client_secret_basic",
	}
	if l.unpublished[i] {
		delete(config, "issuer")
		config["registration_endpoint"] = l.sb.Info().AuthorizationServers[i].RegistrationEndpoint
	}
	if !temper.NoStatement {
		config["software_statement"] = acctest.Ref(statement, "assertion")
		config["client_certificate_pem"], config["private_key_pem"] = acctest.Ref(transport, "certificate_pem"), acctest.Ref(transport, "private_key_pem")
	}
	if l.single[i] {
		config["software_statement_use"] = "single"
	}
	if temper.InitialAccessToken != "" {
		config["initial_access_token"] = temper.InitialAccessToken
	}
	if temper.SignedRequests != "" {
		config["request_format"] = "jwt"
		config["signing_key_pem"], config["signing_key_id"] = acctest.Ref(signing, "private_key_pem"), acctest.Ref(signing, "kid")
	}
	if temper.ManagedByAccessToken {
		config["management_auth"] = "client_credentials"
	}
	if temper.PatchOnly {
		config["update_method"] = "PATCH"
	}
	if temper.NoManagement {
		config["deletion_policy"] = "abandon"
		return config
	}
	l.adorn(i, config)
	return config
}

// adorn draws what can change about a client at any time.
func (l *life) adorn(i int, config map[string]any) {
	dice := l.dice
	config["client_name"] = pick[any](dice, nil, nil, "First", "Second", "Third")
	config["scope"] = pick[any](dice, nil, nil, "openid accounts", "payments openid")
	config["on_override"] = pick[any](dice, nil, "ignore", "warn")
	config["deletion_protection"] = pick[any](dice, nil, false)
	config["additional_metadata"] = pick[any](dice, nil, nil, `{"x_team":"one"}`, `{"x_team":"two"}`)
	config["on_unauthorized"] = pick[any](l.extra, nil, nil, nil, "recreate")
	config["refresh"] = nil
	if !l.steady {
		config["refresh"] = pick[any](dice, nil, nil, nil, "always")
	}
	if l.banks[i].NoStatement {
		config["jwks_uri"] = pick[any](dice, nil, "https://a.example.com/jwks")
	}
}

// clientsAlone has the clients changed and nothing else, so that no statement is issued for them.
func (l *life) clientsAlone() {
	l.tell("clients alone are changed")
	for address, config := range l.configured {
		if i, ok := isClient(address); ok && !l.banks[i].NoManagement {
			config["client_name"] = fmt.Sprint("Alone ", l.dice.IntN(1000))
			l.ws.Set(address, config)
		}
	}
}

// isClient tells the index of a client by its address in a diagnostic.
func isClient(text string) (int, bool) {
	rest, found := strings.CutPrefix(text, "dcr_client.at")
	if !found {
		return 0, false
	}
	i, err := strconv.Atoi(rest[:1])
	return i, err == nil
}
