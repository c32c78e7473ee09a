package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// snippet is the one piece of a guide, in the given language, that has all the words.
func snippet(t *testing.T, guide, language string, words ...string) string {
	t.Helper()
	var found []string
	for _, piece := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(source(t, "../../docs/guides/"+guide+".md"), -1) {
		has := true
		for _, word := range words {
			has = has && strings.Contains(piece[1], word)
		}
		if has {
			found = append(found, piece[1])
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d pieces with %q, not one", guide, len(found), words)
	}
	return found[0]
}

// shell runs a piece of a guide as its reader does, with Terraform's questions answered.
func (p *process) shell(t *testing.T, environment []string, script string) string {
	t.Helper()
	for _, name := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
	programs := t.TempDir()
	if err := os.Symlink(p.terraform, filepath.Join(programs, "terraform")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"), "TF_CLI_CONFIG_FILE="+p.cli, "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS_plan=-no-color", "TF_CLI_ARGS_apply=-no-color -auto-approve")
	cmd.Env = append(cmd.Env, environment...)
	printed, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(string(printed)))
	}
	return string(printed)
}

// TestGuideRehearsesLostToken: what the guide on testing loses, it recovers, with the
// configuration of the guide to begin with, sealed and not.
func TestGuideRehearsesLostToken(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"in clear": "", "sealed": "DCR_SEALING_KEY=" + acctest.SealingKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank-1"}, {Name: "bank-2"}}})
			p, environment := newProcess(t), environmentOf(t, sb)
			if key != "" {
				environment = append(environment, key)
			}
			info, err := json.Marshal(sb.Info())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(p.folder, "sandbox.json"), info, 0o600); err != nil {
				t.Fatal(err)
			}
			p.write(t, snippet(t, "getting-started", "terraform", "dcr_client"))
			p.run(t, 0, environment, "apply", "-auto-approve")
			before := sb.Server("bank-1").Clients()[0]["client_id"]
			printed := p.shell(t, environment, snippet(t, "testing", "shell", "clients/rotate"))
			if !strings.Contains(printed, "refused the registration access token") || !strings.Contains(printed, "Import successful!") || !strings.HasSuffix(strings.TrimSpace(printed), "no changes are needed.") {
				t.Error(tail(printed))
			}
			if clients := sb.Server("bank-1").Clients(); len(clients) != 1 || clients[0]["client_id"] != before {
				t.Errorf("the bank has %v", clients)
			}
			p.run(t, 0, environment, "plan", "-detailed-exitcode")
		})
	}
}

// TestGuideToProductionInBrazil: as the guide says, an application made with a user's token, a certificate
// ordered with its ID, and everything else with the client's own tokens and a key that state does not have.
func TestGuideToProductionInBrazil(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", StrictCertificate: true}}})
	p := example(t, "open-finance-brasil")
	var environment []string
	for _, variable := range environmentOf(t, sb) {
		if !strings.HasPrefix(variable, "DCR_DIRECTORY_ACCESS_TOKEN=") {
			environment = append(environment, variable)
		}
	}
	p.run(t, 0, append(environment, "DCR_DIRECTORY_ACCESS_TOKEN="+sb.Info().AccessToken), "apply", "-auto-approve", "-target=dcr_application.this")
	application := regexp.MustCompile(`(?m)^ +id += "(.+)"$`).FindStringSubmatch(p.run(t, 0, nil, "state", "show", "dcr_application.this"))
	if application == nil {
		t.Fatal("the application's ID is not shown")
	}
	certificate, key, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "planner.example.com", UserID: application[1]})
	if err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(p.folder, "main.tf")
	config := regexp.MustCompile(`(?ms)^resource "dcr_transport_certificate".*?^}\n`).ReplaceAllLiteralString(source(t, main), snippet(t, "open-finance-brasil", "terraform", "brcac_ext"))
	config = regexp.MustCompile(`(?m)^ +(client_certificate_pem|private_key_pem) .*\n`).ReplaceAllString(config, "")
	for name, text := range map[string]string{"main.tf": config, "brcac.pem": certificate, "brcac.key": key} {
		if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment = append(environment, "DCR_REGISTRATION_CLIENT_CERTIFICATE_FILE=brcac.pem", "DCR_REGISTRATION_PRIVATE_KEY_FILE=brcac.key")
	p.run(t, 0, environment, "apply", "-auto-approve")
	p.run(t, 0, environment, "plan", "-detailed-exitcode")
	if clients := sb.Server("bank").Clients(); len(clients) != 1 || !strings.Contains(fmt.Sprint(clients[0]["tls_client_auth_subject_dn"]), "planner.example.com") {
		t.Errorf("the bank has %v", clients)
	}
	if strings.Contains(source(t, filepath.Join(p.folder, "terraform.tfstate")), strings.Split(key, "\n")[1]) {
		t.Error("the key is in state")
	}
}

// TestGuideWarnsOfProvidersCertificate: the check in the guide on certificates warns of one that expires within a month.
func TestGuideWarnsOfProvidersCertificate(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	for days, warns := range map[int]bool{10: true, 40: false} {
		certificate, _, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "client", NotAfter: time.Now().AddDate(0, 0, days)})
		if err != nil {
			t.Fatal(err)
		}
		p := newProcess(t)
		if err := os.WriteFile(filepath.Join(p.folder, "client.pem"), []byte(certificate), 0o600); err != nil {
			t.Fatal(err)
		}
		p.write(t, snippet(t, "certificates", "terraform", "directory_certificate"))
		if printed := p.run(t, 0, nil, "plan"); strings.Contains(printed, "The provider's certificate for the directory expires 2") != warns {
			t.Errorf("%d days before: %s", days, tail(printed))
		}
	}
}
