package fw

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Country accepts what a subject's country may be.
func Country() validator.String {
	return Rule("two capital letters of ISO 3166, for example BR", func(s string) string {
		if regexp.MustCompile(`^[A-Z]{2}$`).MatchString(s) {
			return ""
		}
		return fmt.Sprintf("%q is not a country code.", s)
	})
}

// longestHost is how many characters a host name may have (RFC 1035 §2.3.4).
const longestHost = 253

// Hostname accepts what a certificate may have as a DNS name (RFC 5280 §4.2.1.6),
// also with a * for its first label.
func Hostname() validator.String {
	label := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	return Rule("a host name such as app.example.com, in ASCII", func(s string) string {
		switch {
		case s == "":
			return "The value is empty."
		case strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }):
			return fmt.Sprintf("%q has letters beyond ASCII, which stand in a certificate in the form that begins with xn--.", s)
		case net.ParseIP(s) != nil:
			return fmt.Sprintf("%q is an address.", s)
		case len(s) > longestHost:
			return fmt.Sprintf("The value is %d characters long, at most %d are possible.", len(s), longestHost)
		}
		for one := range strings.SplitSeq(strings.TrimPrefix(s, "*."), ".") {
			if !label.MatchString(one) {
				return fmt.Sprintf("%q is not a host name.", s)
			}
		}
		return ""
	})
}
