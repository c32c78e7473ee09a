package rest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// TestMalformedAnswerIsNotQuoted: what net/http quotes of an answer it cannot read may be a
// secret that was just issued, which nobody can know to mask.
func TestMalformedAnswerIsNotQuoted(t *testing.T) {
	t.Parallel()
	const body = `{"client_id":"one","client_secret":"just-issued-secret","registration_access_token":"just-issued-token"}`
	for name, answer := range map[string]string{
		"no blank line":   "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n" + body + "\r\n\r\n",
		"no status line":  body + "\r\n\r\n",
		"after the first": "HTTP/1.1 201 Created\r\nTransfer-Encoding: " + body + "\r\n\r\n",
		"status":          "HTTP/1.1 " + body + "\r\n\r\n",
		"length":          "HTTP/1.1 201 Created\r\nContent-Length: " + body + "\r\n\r\n",
		"location":        "HTTP/1.1 302 Found\r\nLocation: :" + body + "\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			l, err := tls.Listen("tcp", "127.0.0.1:0", ca.serverConfig())
			must(t, err)
			t.Cleanup(func() { _ = l.Close() })
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func(c net.Conn) {
						defer c.Close()
						if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
							fmt.Fprint(c, answer)
						}
					}(c)
				}
			}()
			var logged string
			client := ca.trusting(rest.Options{Observe: func(_ context.Context, e rest.Exchange) { logged += fmt.Sprint(e.Err) }})
			_, err = client.Do(bounded(t), rest.Request{Method: http.MethodPost, URL: "https://" + l.Addr().String(), Body: []byte("{}")})
			if told := fmt.Sprint(err) + logged; strings.Contains(told, "just-issued") {
				t.Errorf("told: %s", told)
			}
		})
	}
}
