package rest

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/hashicorp/go-retryablehttp"
)

const interactionHeader = "X-Fapi-Interaction-Id"

// masks are the secrets that were sent with a request.
func (r Request) masks(req *retryablehttp.Request) []Secret {
	_, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return append([]Secret{r.Bearer, r.BasicPassword, Secret(credentials)}, r.Mask...)
}

// identified is the ID that was sent with a request, which is the one in the log,
// and the one that the server answered with if that is another.
func identified(sent, answered string, masks []Secret) string {
	const longest = 64
	known := func(r rune) bool {
		return r == '-' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	if answered == "" || answered == sent || len(answered) > longest || strings.ContainsFunc(answered, func(r rune) bool { return !known(r) }) || clean(answered, masks) != answered {
		return sent
	}
	return sent + ", answered as " + answered
}

// identifying are headers that have an interaction ID.
func identifying(header http.Header) http.Header {
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get(interactionHeader) == "" {
		header.Set(interactionHeader, interactionID())
	}
	return header
}

// interactionID returns a random UUID (RFC 9562 §5.4).
func interactionID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it aborts the program instead.
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
