//go:build interop

package interop_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// sandboxes are the sandbox's banks in every temper that needs no directory; the
// tests of dcr_client have those that do.
func sandboxes() map[string]subject {
	all := map[string]subject{}
	for name, temper := range tempers() {
		one := subject{start: bankOf(temper), merges: temper.MergeOnUpdate, loses: temper.UnauthorizedStatus != 0 || temper.PrintableClientIDs, rotates: temper.Rotate}
		if temper.Rotate == "" {
			one.rotates = sandbox.RotateOnUpdate
		}
		if temper.NoManagement {
			one.manages = nothing
		}
		if temper.DeleteStatus >= 400 {
			one.manages = noRemoval
		}
		if temper.PatchOnly {
			one.more = attributes{"update_method": `"PATCH"`}
		}
		if temper.KeepUnknownMetadata {
			one.more = attributes{"additional_metadata": `jsonencode({ "x_team" = "payments" })`}
		}
		if temper.GrantAllScopes {
			one.fixed = map[string]string{"scope": ""}
		}
		if temper.ManagedByAccessToken {
			one.manages, one.rotates = byItself, sandbox.RotateNever
			one.more = attributes{"management_auth": `"client_credentials"`, "token_endpoint_auth_method": `"client_secret_basic"`, "grant_types": `["authorization_code", "client_credentials"]`}
		}
		if temper.InitialAccessToken != "" {
			one.refuses = map[string]refusal{"with another initial access token": {attributes{"initial_access_token": `"mistaken"`}, []string{"Check initial_access_token"}}}
		}
		if !temper.NoMutualTLS {
			one.refuses = map[string]refusal{"without client certificate": {attributes{"client_certificate_pem": "", "private_key_pem": ""}, []string{"a client certificate is required", "Check", "client_certificate_pem"}}}
		}
		all[name] = one
	}
	return all
}

func tempers() map[string]sandbox.Temper {
	all := map[string]sandbox.Temper{
		"rotating on update": {}, "rotating on read": {Rotate: sandbox.RotateOnRead}, "never rotating": {Rotate: sandbox.RotateNever},
		"answering 200": {CreatedStatus: 200, DeleteStatus: 200}, "answering 400": {UnauthorizedStatus: 400}, "silent on read": {OmitTokenOnRead: true},
		"merging": {Rotate: sandbox.RotateNever, MergeOnUpdate: true}, "patched": {PatchOnly: true}, "granting every scope": {GrantAllScopes: true},
		"rotating secrets": {RotateSecret: true}, "wanting the secret": {SecretOnUpdate: "required"}, "refusing the secret": {SecretOnUpdate: "refused"},
		"secrets expire": {SecretLifetime: 24 * time.Hour}, "tokens say when they expire": {TokenLifetime: 24 * time.Hour}, "printable IDs": {PrintableClientIDs: true}, "keeping unknown members": {KeepUnknownMetadata: true},
		"initial access token": {InitialAccessToken: "let-me-in"}, "unmanageable": {NoManagement: true}, "without removal": {DeleteStatus: 405}, "self-managed": {ManagedByAccessToken: true},
	}
	for name, temper := range all {
		temper.NoMutualTLS = true
		all[name] = temper
	}
	all["mutual TLS"] = sandbox.Temper{}
	return all
}

// bankOf is a sandbox with one bank, which wants no software statement.
func bankOf(temper sandbox.Temper) func(t *testing.T) server {
	temper.Name, temper.NoStatement = "bank", true
	return func(t *testing.T) server {
		t.Helper()
		sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper}})
		s := server{
			peer:  bank{sb},
			where: attributes{"issuer": quoted(sb.Server("bank").Issuer()), "ca_certificates_pem": quoted(sb.CACertificatesPEM())},
			needs: environment{"DCR_REGISTRATION_CA_CERTIFICATES_PEM": sb.CACertificatesPEM()},
		}
		if temper.InitialAccessToken != "" {
			s.where["initial_access_token"] = quoted(temper.InitialAccessToken)
		}
		if !temper.NoMutualTLS {
			s.shows(sb.ClientCertificatePEM(), sb.ClientPrivateKeyPEM())
		}
		return s
	}
}

// bank is a sandbox's server as a peer.
type bank struct{ sandbox *sandbox.Sandbox }

func (b bank) clients() ([]map[string]any, error) { return b.sandbox.Server("bank").Clients(), nil }

func (b bank) edit(id string, patch map[string]any) error {
	return b.sandbox.Server("bank").Edit(id, func(m map[string]any) { maps.Copy(m, patch) })
}

func (b bank) lose() error {
	for _, client := range b.sandbox.Server("bank").Clients() {
		if err := b.sandbox.Server("bank").RotateToken(fmt.Sprint(client["client_id"])); err != nil {
			return err
		}
	}
	return nil
}

func (bank) wait(int) error { return errors.New("the sandbox's tokens are lost otherwise") }

func (b bank) count(method string) (int, error) {
	route := method + " /register/{client_id}"
	if method == "POST" {
		route = "POST /register"
	}
	return b.sandbox.Count(route), nil
}
