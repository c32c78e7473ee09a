package fw

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// refusal is the diagnostic a validator gives a value, empty when it accepts it.
func refusal(t *testing.T, rule validator.String, value types.String) string {
	t.Helper()
	var resp validator.StringResponse
	rule.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("name"), ConfigValue: value}, &resp)
	if len(resp.Diagnostics) == 0 {
		return ""
	}
	return resp.Diagnostics[0].Summary() + "\n" + resp.Diagnostics[0].Detail()
}

// TestValidators has a row for each way a value is wrong, with the words a user reads.
func TestValidators(t *testing.T) {
	t.Parallel()
	pem := "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	key := strings.ReplaceAll(pem, "CERTIFICATE", "EC PRIVATE KEY")
	for name, tc := range map[string]struct {
		rule  validator.String
		value string
		want  string // empty: accepted
	}{
		"URL":                      {URL(), "https://app.example.com/callback?a=b", ""},
		"URL plain http":           {URL(), "http://app.example.com", ""},
		"URL relative":             {URL(), "/callback", `"/callback" is not an absolute http or https URL.`},
		"URL of another scheme":    {URL(), "com.example.app:/callback", "is not an absolute http or https URL."},
		"URL without host":         {URL(), "https:///callback", "is not an absolute http or https URL."},
		"URL with a space":         {URL(), "https://app.example.com ", `"https://app.example.com " begins or ends with white space.`},
		"URL that does not parse":  {URL(), "https://[::1", `"https://[::1" is not a URL.`},
		"URL with a fragment":      {URL(), "https://app.example.com/#a", "has a fragment."},
		"URL with an empty one":    {URL(), "https://app.example.com/#", "has a fragment."},
		"URL with a user":          {URL(), "https://u:secret@app.example.com", "The URL carries user information"},
		"secure URL":               {SecureURL(), "https://app.example.com", ""},
		"secure URL loopback":      {SecureURL(), "http://127.0.0.1:8080/x", ""},
		"secure URL loopback IPv6": {SecureURL(), "http://[::1]:8080", ""},
		"secure URL localhost":     {SecureURL(), "http://localhost", ""},
		"secure URL in plain":      {SecureURL(), "http://app.example.com", `"http://app.example.com" is plain http.`},
		"origin":                   {Origin(), "https://app.example.com:8443/", ""},
		"origin in plain":          {Origin(), "http://app.example.com", "is plain http."},
		"origin with a path":       {Origin(), "https://app.example.com/manage", `"https://app.example.com/manage" has more than an origin`},
		"origin with a query":      {Origin(), "https://app.example.com?a=b", "has more than an origin"},
		"secure URL localhost.":    {SecureURL(), "http://localhost.example.com", "is plain http."},
		"duration":                 {Duration(time.Second), "90s", ""},
		"duration of a number":     {Duration(time.Second), "90", `"90" is not a duration.`},
		"duration too short":       {Duration(time.Second), "999ms", "999ms is too short."},
		"duration negative":        {Duration(0), "-1s", "-1s is too short."},
		"JSON":                     {JSONObject(10), `{"a":1}`, ""},
		"JSON with white space":    {JSONObject(7), "{\n  \"a\": 1\n}", ""},
		"JSON of 7 characters":     {JSONObject(7), `{"é":1}`, ""},
		"JSON without limit":       {JSONObject(0), `{"a":"` + strings.Repeat("x", 1000) + `"}`, ""},
		"JSON too long":            {JSONObject(7), `{"a":10}`, "The value is 8 characters long."},
		"JSON with a huge number":  {JSONObject(0), `{"a":1e400}`, ""},
		"JSON array":               {JSONObject(0), `[]`, "The value is not a JSON object."},
		"JSON null":                {JSONObject(0), `null`, "The value is not a JSON object."},
		"JSON cut":                 {JSONObject(0), `{"a":`, "The value is not a JSON object."},
		"PEM":                      {PEM("CERTIFICATE"), pem, ""},
		"PEM after text":           {PEM("CERTIFICATE"), "Bag Attributes\n" + pem, ""},
		"PEM of another kind":      {PEM("PRIVATE KEY", "EC PRIVATE KEY"), pem, "The PEM text has no such block"},
		"PEM of OpenSSH":           {PEM("PRIVATE KEY"), strings.ReplaceAll(key, "EC", "OPENSSH"), "The PEM text has no such block, but one of OPENSSH PRIVATE KEY."},
		"PEM of an odd name":       {PEM("PRIVATE KEY"), strings.ReplaceAll(key, "EC", "hidden"), "The PEM text has no such block."},
		"key that is encrypted":    {PEM("PRIVATE KEY"), strings.ReplaceAll(key, "EC", "ENCRYPTED"), "The private key is encrypted"},
		"PEM with the key":         {PEM("CERTIFICATE"), pem + key, "holds a private key as well"},
		"key for a certificate":    {PEM("CERTIFICATE"), key, "holds a private key where a certificate belongs: the two are probably swapped."},
		"key for a public key":     {PEM("PUBLIC KEY"), "-----BEGIN EC PARAMETERS-----\nBg==\n-----END EC PARAMETERS-----\n" + key, "holds a private key where a public key belongs"},
		"key for a request":        {PEM("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"), key, "holds a private key where a certificate request belongs"},
		"PEM that is a file name":  {PEM("CERTIFICATE"), "client.pem", "read it with file(...)."},
		"host":                     {Hostname(), "a-1.Example.com", ""},
		"host of any label":        {Hostname(), "*.example.com", ""},
		"host of one label":        {Hostname(), "localhost", ""},
		"host empty":               {Hostname(), "", "The value is empty."},
		"host beyond ASCII":        {Hostname(), "é.com", `"é.com" has letters beyond ASCII, which stand in a certificate in the form that begins with xn--.`},
		"host that is an address":  {Hostname(), "10.0.0.1", `"10.0.0.1" is an address.`},
		"host with a dot too many": {Hostname(), "a..com", `"a..com" is not a host name.`},
		"host with a scheme":       {Hostname(), "https://a.com", `"https://a.com" is not a host name.`},
		"host with a long label":   {Hostname(), strings.Repeat("a", 64), `"` + strings.Repeat("a", 64) + `" is not a host name.`},
		"host too long":            {Hostname(), strings.Repeat("a.", 127), "The value is 254 characters long, at most 253 are possible."},
		"country":                  {Country(), "BR", ""},
		"country in full":          {Country(), "Brazil", `"Brazil" is not a country code.`},
		"segment":                  {Segment(), "..a", ""},
		"segment empty":            {Segment(), "", "The value is empty."},
		"segment of a path":        {Segment(), "..", `".." is a step in a path, and no identifier.`},
		"segment that is a folder": {Segment(), ".", `"." is a step in a path, and no identifier.`},
		"word":                     {Word(), "a b", ""},
		"word empty":               {Word(), "", "The value is empty."},
		"word with a newline":      {Word(), "a\n", `"a\n" begins or ends with white space.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := refusal(t, tc.rule, types.StringValue(tc.value))
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("%q: %q, want %q", tc.value, got, tc.want)
			}
			if got != "" && (!strings.HasPrefix(got, "The value of name is not valid\n") || !strings.Contains(got, "\n\nExpected: "+tc.rule.Description(t.Context())+".")) {
				t.Errorf("the diagnostic does not say what was expected: %q", got)
			}
			for _, value := range []types.String{types.StringNull(), types.StringUnknown()} {
				if got := refusal(t, tc.rule, value); got != "" {
					t.Errorf("%s is refused: %q", value, got)
				}
			}
		})
	}
}

// TestValidatorsDoNotTell gives values that hold a credential in the wrong place.
func TestValidatorsDoNotTell(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]validator.String{"URL": URL(), "secure URL": SecureURL(), "PEM": PEM("CERTIFICATE"), "JSON": JSONObject(5)} {
		for _, value := range []string{"https://u:s3cret@host", " https://u:s3cret@host", "https://u:s3cret@host:port", "u:s3cret@host", "ftp://u:s3cret@host", "https://u:s3cret@host#x", `{"a":"s3cret"}`} {
			if got := refusal(t, rule, types.StringValue(value)); strings.Contains(got, "s3cret") && strings.Contains(value, "@") {
				t.Errorf("%s tells: %q", name, got)
			}
		}
	}
	for _, rule := range []validator.String{PEM("CERTIFICATE"), JSONObject(5)} {
		if got := refusal(t, rule, types.StringValue("s3cret")); got == "" || strings.Contains(got, "s3cret") {
			t.Errorf("a secret in the wrong place gives %q", got)
		}
	}
}

func TestLongDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"0s": 0, "36h": 36 * time.Hour, "30d": 720 * time.Hour, "1.5d": 36 * time.Hour, "0d": 0} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	for text, valid := range map[string]bool{"30d": true, "0s": true, "d": false, "": false, "30": false, "-1h": false, "-1d": false, "1e99d": false, "NaNd": false, "1d2h": false} {
		var resp validator.StringResponse
		LongDuration().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("overlap"), ConfigValue: types.StringValue(text)}, &resp)
		if resp.Diagnostics.HasError() == valid {
			t.Errorf("%q: valid is %t, want %t", text, !valid, valid)
		}
	}
}
