package rest_test

import (
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for url, valid := range map[string]bool{
		"https://example.com":           true,
		"HTTPS://example.com/a?b=c":     true,
		"http://localhost:8080/a":       true,
		"http://127.0.0.1":              true,
		"http://[::1]:80/":              true,
		"http://example.com":            false,
		"http://localhost.example.com":  false,
		"http://127.0.0.1.example.com":  false,
		"ftp://example.com":             false,
		"https://":                      false,
		"https://:443/":                 false,
		"//example.com":                 false,
		"/path":                         false,
		"":                              false,
		"https://user@example.com":      false,
		"https://user:word@example.com": false,
		"https://example.com/#fragment": false,
		"https://exa mple.com":          false,
		"mailto:someone@example.com":    false,
	} {
		if err := rest.CheckURL(url); (err == nil) != valid {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://Example.COM/a?b":    "https://example.com:443",
		"HTTPS://example.com:443":    "https://example.com:443",
		"https://example.com:8443/":  "https://example.com:8443",
		"http://localhost/":          "http://localhost:80",
		"https://[2001:DB8::1]/":     "https://[2001:db8::1]:443",
		"http://example.com/":        "",
		"https://user@example.com/":  "",
		"https://example.com:8443:1": "",
	} {
		got, err := rest.Origin(url)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", url, got, err, want)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://localhost/": true, "https://LOCALHOST:1": true, "https://127.1.2.3/": true, "https://[::1]/": true,
		"https://example.com/": false, "https://10.0.0.1/": false, "https://localhost.example.com": false, "%": false, "": false,
	} {
		if got := rest.IsLoopback(url); got != want {
			t.Errorf("%q: %v", url, got)
		}
	}
}

// TestIsInternal knows addresses that only our own network can mean.
func TestIsInternal(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://localhost/x": true, "https://LOCALHOST.:8443": true, "https://a.localhost": true, "https://127.9.9.9": true, "https://[::1]:1/x": true, "https://10.1.2.3/register": true,
		"https://192.168.0.1": true, "https://172.16.0.1": true, "https://169.254.169.254/latest": true, "https://[fd00::1]": true, "https://[fe80::1]": true, "https://0.0.0.0": true,
		"https://[fe80::1%25eth0]/x": true, "https://100.64.1.1": true, "https://[64:ff9b::10.0.0.1]": true, "https://[64:ff9b::8.8.8.8]": false, "https://[64:ff9b:1::a00:1]": true, "https://[2002:a00:1::1]": true, "https://[fec0::1]": true, "https://198.18.0.1": true, "https://192.0.0.8": true, "https://240.0.0.1": true, "https://0.1.2.3": true, "https://224.0.0.1": true,
		"https://[::ffff:127.0.0.1]": true, "https://127.1": true, "https://2130706433": true, "https://0x7f.0.0.1": true, "https://bank.123": true, "https://bank.x1": false,
		"https://bank.example": false, "https://8.8.8.8": false, "https://172.32.0.1": false, "https://[2001:db8::1]": false, "https://localhost.example": false, "": false, "::": false,
	} {
		if got := rest.IsInternal(address); got != want {
			t.Errorf("IsInternal(%q) = %t, want %t", address, got, want)
		}
	}
}
