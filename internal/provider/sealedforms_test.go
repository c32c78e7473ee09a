package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// keyPair is a sealing key that opens, and its part that only seals.
func keyPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk := func(k any) string {
		text, err := jose.JSONWebKey{Key: k}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return jwk(key), jwk(&key.PublicKey)
}

// TestSealedByPublicKeyLater: a state that was in clear, or under a key that opens, is sealed with a public
// key. Each resource sealed the same secret by itself, into another form, which nobody could compare
// any more: every plan from then on changed every client, and no apply could.
func TestSealedByPublicKeyLater(t *testing.T) {
	t.Parallel()
	_, public := keyPair(t)
	for name, before := range map[string]string{"in clear": "", "under another key": newKey(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := sealedGraph(t)
			if before != "" {
				ws.With("sealing_key", before).With("previous_sealing_keys", []string{before})
			}
			applied(t, ws)
			sent := writes(sb)
			ws.With("sealing_key", public)
			if r := ws.Apply(); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			resting(t, ws, public)
			ws.With("previous_sealing_keys", nil)
			if r := ws.Plan(); !r.Empty() || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "The client was not read") {
				t.Errorf("the next plan has %v %v, warnings %q", r.Changes, r.Errors, r.Warnings)
			}
			if now := writes(sb); now != sent {
				t.Errorf("%d requests were sent", now-sent)
			}
			configure(2) // What is really changed is planned; the sealed key is not said to be no PEM.
			r := ws.Plan()
			if len(r.Errors) > 0 || strings.Contains(fmt.Sprint(r.Warnings), "unencrypted private key") || !strings.Contains(fmt.Sprint(r.Warnings), "The client was not read") {
				t.Errorf("a plan of a change says %q %q", r.Errors, r.Warnings)
			}
		})
	}
}

// TestSealedFormsMeet: two forms of one secret, which runs apart from each other leave behind, are one after an
// apply with the private key, so that plans without it are quiet again.
func TestSealedFormsMeet(t *testing.T) {
	t.Parallel()
	sb, ws, configure := sealedGraph(t)
	private, public := keyPair(t)
	ws.With("sealing_key", private)
	applied(t, ws)
	ring, err := seal.New(public)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := ring.Seal(fmt.Sprint(ws.State(sealedCert)["private_key_pem"]))
	if err != nil {
		t.Fatal(err)
	}
	ws.Remove(sealedClient)
	applied(t, ws)
	ws.Set(sealedClient, map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}, "token_endpoint_auth_method": "client_secret_basic",
		"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "client_name": "Budget 1", "software_statement": acctest.Ref(sealedSSA, "assertion"),
		"client_certificate_pem": acctest.Ref(sealedCert, "certificate_pem"), "private_key_pem": elsewhere})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if ws.Resting(sealedClient)["private_key_pem"] != elsewhere {
		t.Fatal("there is one form only, so this proves nothing")
	}
	configure(1)
	applied(t, ws)
	ws.With("sealing_key", public)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("a plan without the private key has %v %v", r.Changes[sealedClient], r.Errors)
	}
}
