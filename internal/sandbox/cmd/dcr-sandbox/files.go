package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// providerTemplate is a configuration that is ready to use; secrets are in it because they are the sandbox's.
const providerTemplate = `terraform {
  required_providers {
    dcr = {
      source = "registry.terraform.io/dcr-onboarding/dcr"
    }
  }
}

provider "dcr" {
  directory = {
    api_url                    = {{ quote .APIURL }}
    issuer                     = {{ quote .Issuer }}
    keystore_url               = {{ quote .KeystoreURL }}
    participants_url           = {{ quote .ParticipantsURL }}
    organisation_id            = {{ quote .OrganisationID }}
    client_id                  = {{ quote .ClientID }}
    client_certificate_pem     = file("${path.module}/client.pem")
    private_key_pem            = file("${path.module}/client.key")
    ca_certificates_pem        = file("${path.module}/ca.pem")
    access_token               = {{ quote .AccessToken }}
    administrator_access_token = {{ quote .AdministratorAccessToken }}
  }

  registration = {
    client_certificate_pem = file("${path.module}/client.pem")
    private_key_pem        = file("${path.module}/client.key")
    ca_certificates_pem    = file("${path.module}/ca.pem")
{{- with .InitialAccessToken }}
    initial_access_token   = {{ quote . }}
{{- end }}
  }
}
`

// configuration is what the template needs.
type configuration struct {
	sandbox.Info
	InitialAccessToken string
}

// quote writes an HCL string.
func quote(text string) (string, error) {
	data, err := json.Marshal(text)
	if err != nil {
		return "", fmt.Errorf("quote: %w", err)
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(data)), nil
}

func renderProvider(info sandbox.Info) (string, error) {
	parsed, err := template.New("provider.tf").Funcs(template.FuncMap{"quote": quote}).Parse(providerTemplate)
	if err != nil {
		return "", fmt.Errorf("provider.tf: %w", err)
	}
	view := configuration{Info: info}
	if len(info.AuthorizationServers) > 0 {
		view.InitialAccessToken = info.AuthorizationServers[0].InitialAccessToken
	}
	var out strings.Builder
	if err := parsed.Execute(&out, view); err != nil {
		return "", fmt.Errorf("provider.tf: %w", err)
	}
	return out.String(), nil
}

// writeFiles fills the folder and returns the path of sandbox.json, which is written last.
func writeFiles(sb *sandbox.Sandbox, folder string) (string, error) {
	info := sb.Info()
	data, err := json.MarshalIndent(info, "", "  ") //nolint:gosec // G117: the tokens are the sandbox's own, and handing them out is the point.
	if err != nil {
		return "", fmt.Errorf("sandbox.json: %w", err)
	}
	provider, err := renderProvider(info)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", fmt.Errorf("out: %w", err)
	}
	path := filepath.Join(folder, "sandbox.json")
	for _, file := range []struct {
		name, text string
	}{
		// What is here are keys and tokens, and the folder may be in somebody's repository.
		{".gitignore", "*\n"},
		{"ca.pem", sb.CACertificatesPEM()}, {"client.pem", sb.ClientCertificatePEM()}, {"client.key", sb.ClientPrivateKeyPEM()},
		{"provider.tf", provider}, {"sandbox.json", string(data) + "\n"},
	} {
		// In one step: scripts wait for sandbox.json to be there.
		place := filepath.Join(folder, file.name)
		if err := os.WriteFile(place+".new", []byte(file.text), 0o600); err != nil {
			return "", fmt.Errorf("out: %w", err)
		}
		if err := os.Rename(place+".new", place); err != nil {
			return "", fmt.Errorf("out: %w", err)
		}
	}
	return path, nil
}
