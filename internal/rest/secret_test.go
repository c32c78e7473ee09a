package rest_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const hidden = "s3cr3t-value"

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	secret := rest.Secret(hidden)
	type document struct {
		Name  string
		Token rest.Secret
		Ptr   *rest.Secret
		List  []rest.Secret
	}
	nested := document{Name: "x", Token: secret, Ptr: &secret, List: []rest.Secret{secret}}
	outputs := map[string]string{"String": secret.String(), "GoString": secret.GoString(), "Sprint": fmt.Sprint(secret), "error": fmt.Errorf("with %s", secret).Error()}
	for _, verb := range []string{"v", "+v", "#v", "s", "+s", "q", "#q", "x", "X", "# x", "20s", "-20v", ".3s", "d", "t", "U"} {
		outputs["%"+verb] = fmt.Sprintf("%"+verb, secret)
		outputs["%"+verb+" nested"] = fmt.Sprintf("%"+verb, nested)
		outputs["%"+verb+" pointer"] = fmt.Sprintf("%"+verb, &nested)
	}
	encoded, err := json.Marshal(nested)
	must(t, err)
	outputs["json"] = string(encoded)
	asXML, err := xml.Marshal(nested)
	must(t, err)
	outputs["xml"] = string(asXML)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("m", "secret", secret, "nested", nested, "list", []rest.Secret{secret})
		outputs[name] = b.String()
	}
	for name, text := range outputs {
		if strings.Contains(text, hidden) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", hidden)) || strings.Contains(text, hidden[:3]) {
			t.Errorf("%s prints the secret: %s", name, text)
		}
		if !strings.Contains(text, "[redacted]") && !strings.Contains(name, "pointer") {
			t.Errorf("%s does not say that something is redacted: %s", name, text)
		}
	}
}

func TestSecretDecodesAndReveals(t *testing.T) {
	t.Parallel()
	var document struct {
		Token rest.Secret `json:"token"`
		None  rest.Secret `json:"none"`
	}
	must(t, json.Unmarshal([]byte(`{"token":"`+hidden+`","none":null}`), &document))
	if document.Token.Reveal() != hidden || document.Token.Empty() {
		t.Error("the decoded secret is not the one in the document")
	}
	if !document.None.Empty() {
		t.Error("null decodes to a secret that is not empty")
	}
}

func TestIdentityDoesNotPrintItsKey(t *testing.T) {
	t.Parallel()
	identity := rest.Identity{CertificatePEM: "public", PrivateKeyPEM: hidden}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, identity); strings.Contains(text, hidden) {
			t.Errorf("%s prints the key", verb)
		}
	}
}

func TestPoolDoesNotPrintItsKeys(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.client(-time.Hour, time.Hour)
	pool := rest.NewPool(rest.Options{})
	client, err := pool.Client(rest.Identity{CertificatePEM: cert, PrivateKeyPEM: key})
	must(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb+verb, pool, client); strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s prints the key", verb)
		}
	}
}
