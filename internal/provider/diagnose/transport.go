package diagnose

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// outOfTime is the next step when a deadline passed.
const outOfTime = "Run the same command again; raise the timeouts attribute or request_timeout if the server is slow."

// transport words errors of a connection: the server gave no HTTP answer.
func (t Target) transport(err *rest.TransportError, action string) message {
	m := message{
		summary: t.Actor + " could not be reached",
		fact:    sentence(err.Error()),
		meaning: fmt.Sprintf("The provider tried to %s. Nothing was sent, so nothing changed.", action),
		next:    fmt.Sprintf("Check %s, the network and any proxy between here and the server, then run the same command again.", t.URL),
		at:      t.Anchor,
	}
	switch err.Phase {
	case rest.PhaseTLS:
		t.handshake(err, &m)
	case rest.PhaseRefused:
		m.summary = t.Actor + " refused the client certificate"
		m.meaning = "The server ended the TLS handshake when it saw the certificate, or missed one: it is not issued by an authority the server trusts, is expired or revoked, or was not given."
		m.next = fmt.Sprintf("Check %s and %s: the certificate must be the one issued for this use, still active, with its private key.", t.Certificate, t.Key)
		m.at = t.CertificateAnchor
	case rest.PhaseSent, rest.PhaseBody, rest.PhaseTimeout:
		m.summary = t.Actor + " gave no answer"
		m.meaning = fmt.Sprintf("The request to %s was sent and may have been carried out; the connection ended or timed out before the answer came.", action)
		m.next = "Run terraform plan: it reads what the server has and shows what is left to do. Raise request_timeout if the server is slow."
		if err.Method == http.MethodGet {
			m.next = "Run the same command again: nothing was to be changed. Raise request_timeout if the server is slow."
		}
	case rest.PhaseWaiting:
		m.summary = "The rate limit left no time for the request"
		m.next = "Raise requests_per_second in the provider configuration, then run the same command again."
	case rest.PhaseCancelled:
		m.summary = "The run was interrupted"
		m.next = "Run the same command again."
		if errors.Is(err, context.DeadlineExceeded) {
			m.summary = "The time to " + action + " ran out"
			m.next = outOfTime
		}
	}
	return m
}

func (t Target) handshake(err *rest.TransportError, m *message) {
	m.summary = t.Actor + " could not be trusted"
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err.Err, &authority):
		m.meaning = "The server's certificate is issued by an authority that is neither among the system's nor among those configured. Directories and banks of trust frameworks often use a private one. Nothing was sent."
		m.next = fmt.Sprintf("Set %s to the PEM text of the authority that issued the server's certificate, if this is the server you mean.", t.CA)
	case errors.As(err.Err, &host):
		m.meaning = "The server's certificate is for another host name. Nothing was sent."
		m.next = fmt.Sprintf("Check the host name in %s.", t.URL)
	case errors.As(err.Err, &invalid):
		m.meaning = "The server's certificate is expired, not valid yet, or not for servers. Nothing was sent."
		m.next = "Check this machine's clock; if it is right, only the server's operator can mend it."
	case strings.Contains(err.Error(), "server gave HTTP response") || strings.Contains(err.Error(), "first record does not look like a TLS handshake"):
		m.summary = t.Actor + " does not speak TLS"
		m.meaning = "Something answers at that address, but not with TLS. Nothing was sent."
		m.next = fmt.Sprintf("Check the port in %s; it must be the server's https port.", t.URL)
	default:
		m.summary = "The TLS handshake failed"
		m.meaning = "Nothing was sent. The server may want another client certificate or TLS version."
		m.next = fmt.Sprintf("Check %s, %s and %s.", t.URL, t.Certificate, t.CA)
		m.at = t.CertificateAnchor
	}
}
