package fw

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// stringRule is a validator made of a description and a function that returns
// what is wrong, or nothing.
type stringRule struct {
	description string
	check       func(string) string
}

// Description says what a valid value is.
func (r stringRule) Description(context.Context) string { return r.description }

// MarkdownDescription says what a valid value is.
func (r stringRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateString applies the rule to known values.
func (r stringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := r.check(req.ConfigValue.ValueString()); problem != "" {
		// Without the element of a set, which is named by its value.
		name, _, _ := strings.Cut(req.Path.String(), "[Value(")
		resp.Diagnostics.AddAttributeError(req.Path, "The value of "+name+" is not valid",
			problem+"\n\nExpected: "+r.description+".")
	}
}

// Rule returns a string validator from a description and a check that returns
// what is wrong, or nothing. The check must not quote secrets.
func Rule(description string, check func(string) string) validator.String {
	return stringRule{description: description, check: check}
}

// numberRule is a validator of a number that can be a version.
type numberRule struct{}

// NotNegative accepts numbers that JSON can write, from zero on.
func NotNegative() validator.Float64 { return numberRule{} }

// Description says what a valid value is.
func (numberRule) Description(context.Context) string {
	return "a number such as 1 or 1.2, not negative"
}

// MarkdownDescription says what a valid value is.
func (r numberRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateFloat64 applies the rule to known values.
func (r numberRule) ValidateFloat64(ctx context.Context, req validator.Float64Request, resp *validator.Float64Response) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if n := req.ConfigValue.ValueFloat64(); n < 0 || math.IsNaN(n) || math.IsInf(n, 0) {
		resp.Diagnostics.AddAttributeError(req.Path, "The value of "+req.Path.String()+" is not valid",
			fmt.Sprintf("%v is negative, or not finite.\n\nExpected: %s.", n, r.Description(ctx)))
	}
}

// URL accepts absolute http and https URLs without user information or fragment.
func URL() validator.String {
	return Rule("an absolute URL such as https://app.example.com/callback, without fragment", func(s string) string {
		return urlProblem(s, false)
	})
}

// SecureURL accepts absolute https URLs; http only for a loopback address.
func SecureURL() validator.String {
	return Rule("an absolute https URL (plain http is accepted for loopback addresses only)", func(s string) string {
		return urlProblem(s, true)
	})
}

// Origin accepts what SecureURL does, without path and query: who is trusted with an origin is
// trusted whole.
func Origin() validator.String {
	return Rule("an origin (https, host and port, without path)", func(s string) string {
		if problem := urlProblem(s, true); problem != "" {
			return problem
		}
		if u, err := url.Parse(s); err != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return shown(s) + " has more than an origin: the path or query would not limit what is trusted."
		}
		return ""
	})
}

func urlProblem(s string, secure bool) string {
	u, err := url.Parse(s)
	switch {
	case s != strings.TrimSpace(s):
		return shown(s) + " begins or ends with white space."
	case err != nil:
		return shown(s) + " is not a URL."
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return shown(s) + " is not an absolute http or https URL."
	case u.User != nil:
		return "The URL carries user information, which would put a credential where it does not belong."
	case strings.Contains(s, "#"):
		return fmt.Sprintf("%q has a fragment.", s)
	case secure && u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Sprintf("%q is plain http.", s)
	}
	return ""
}

// shown quotes what is not a URL, unless it may hold a credential.
func shown(s string) string {
	if strings.Contains(s, "@") {
		return "The value"
	}
	return fmt.Sprintf("%q", s)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Duration accepts Go durations of at least the given length.
func Duration(minimum time.Duration) validator.String {
	return Rule(fmt.Sprintf("a duration such as 90s or 4m, at least %s", minimum), func(s string) string {
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			return fmt.Sprintf("%q is not a duration.", s)
		case d < minimum:
			return fmt.Sprintf("%s is too short.", s)
		}
		return ""
	})
}

// ParseDuration reads a Go duration, or a number of days such as 30d.
func ParseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(math.Abs(n) < float64(math.MaxInt64/(24*time.Hour))) {
			return 0, fmt.Errorf("%q is not a duration", s)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	return time.ParseDuration(s)
}

// LongDuration accepts what ParseDuration reads and is not negative.
func LongDuration() validator.String {
	return Rule("a duration such as 36h or 30d, not negative", func(s string) string {
		d, err := ParseDuration(s)
		switch {
		case err != nil:
			return fmt.Sprintf("%q is not a duration.", s)
		case d < 0:
			return fmt.Sprintf("%q is negative.", s)
		}
		return ""
	})
}

// JSONObject accepts a JSON object, optionally limited in length.
func JSONObject(maximum int) validator.String {
	description := "a JSON object, as jsonencode({...}) makes it"
	if maximum > 0 {
		description += fmt.Sprintf(", at most %d characters long", maximum)
	}
	return Rule(description, func(s string) string {
		// Members as they are: a number may be one that no float64 can be.
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(s), &object); err != nil || object == nil {
			return "The value is not a JSON object."
		}
		// Without white space, as it is sent.
		if length := utf8.RuneCount(Compact(s)); maximum > 0 && length > maximum {
			return fmt.Sprintf("The value is %d characters long.", length)
		}
		return ""
	})
}

// PEM accepts PEM text whose first block has one of the given types. It never
// quotes the value: it may be a key.
func PEM(types ...string) validator.String {
	return Rule("PEM text with a "+strings.Join(types, " or ")+" block, for example from file(...)", func(s string) string {
		wantsKey := slices.ContainsFunc(types, func(t string) bool { return strings.HasSuffix(t, "PRIVATE KEY") })
		strayKey := !wantsKey && strings.Contains(s, "PRIVATE KEY-----")
		wanted := slices.ContainsFunc(types, func(t string) bool { return strings.Contains(s, "-----BEGIN "+t+"-----") })
		switch {
		case strayKey && wanted:
			return "The PEM text holds a private key as well, which has no business here: it would be kept in clear and sent. Give the other block alone."
		case strayKey:
			return fmt.Sprintf("The PEM text holds a private key where a %s belongs: the two are probably swapped. Here the key would be kept in clear and sent.", strings.ToLower(types[0]))
		case wanted:
			return ""
		case !strings.Contains(s, "-----BEGIN "):
			return "The value is not PEM text. If it is the name of a file, read it with file(...)."
		}
		if strings.Contains(s, "-----BEGIN ENCRYPTED PRIVATE KEY-----") {
			return "The private key is encrypted, and nobody can be asked for the passphrase. Decrypt it first, for example with openssl pkey."
		}
		return "The PEM text has no such block" + instead(s)
	})
}

// instead names the type of a PEM text's first block, as far as it is one that no secret can be in.
func instead(s string) string {
	block, _ := pem.Decode([]byte(s))
	if block == nil || len(block.Type) > len("NEW CERTIFICATE REQUEST") || strings.Trim(block.Type, " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "."
	}
	return ", but one of " + block.Type + "."
}

// Word accepts a non-empty string without white space at its ends, which is
// how copied identifiers usually go wrong.
func Word() validator.String {
	return Rule("text without white space at its beginning or end", wordProblem)
}

// Segment accepts a Word that can be part of a URL's path: "." and ".." would
// make another path of it.
func Segment() validator.String {
	return Rule("an identifier, without white space at its beginning or end", func(s string) string {
		if s == "." || s == ".." {
			return fmt.Sprintf("%q is a step in a path, and no identifier.", s)
		}
		return wordProblem(s)
	})
}

func wordProblem(s string) string {
	switch {
	case s == "":
		return "The value is empty."
	case s != strings.TrimSpace(s):
		return fmt.Sprintf("%q begins or ends with white space.", s)
	}
	return ""
}
