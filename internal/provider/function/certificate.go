package function

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

const certificateParameter = "A certificate in PEM form. Of a chain, the first certificate counts."

func first(text string) (*x509.Certificate, error) {
	certificates, err := pki.ParseCertificates(text)
	if err != nil {
		return nil, err
	}
	return certificates[0], nil
}

// ofFirst converts the first certificate of a text.
func ofFirst(convert func(*x509.Certificate) (string, error)) func(string) (string, error) {
	return func(text string) (string, error) {
		certificate, err := first(text)
		if err != nil {
			return "", err
		}
		return convert(certificate)
	}
}

// thumbprint is certificate_thumbprint (RFC 8705 §3.1).
func thumbprint() pure {
	return converted("certificate_thumbprint", function.Definition{
		Summary:             "The SHA-256 thumbprint of a certificate.",
		MarkdownDescription: "Returns the SHA-256 of a certificate in base64url, as it stands in `x5t#S256` and `cnf` ([RFC 8705 §3.1](https://www.rfc-editor.org/rfc/rfc8705#section-3.1)), and as directories give it as `kid`. For hexadecimal, take `thumbprint_sha256` of `certificate_info`.",
		Parameters:          []function.Parameter{text("certificate_pem", certificateParameter)},
		Return:              function.StringReturn{},
	}, ofFirst(func(certificate *x509.Certificate) (string, error) { return pki.KeyID(certificate), nil }))
}

// subject is subject_dn (RFC 4514).
func subject() pure {
	return converted("subject_dn", function.Definition{
		Summary:             "The subject of a certificate as tls_client_auth_subject_dn.",
		MarkdownDescription: "Returns the subject of a certificate as `tls_client_auth_subject_dn` wants it ([RFC 8705 §2.1.2](https://www.rfc-editor.org/rfc/rfc8705#section-2.1.2), [RFC 4514](https://www.rfc-editor.org/rfc/rfc4514)): the last relative name first, and attributes without a short name as dotted identifiers with their value in hexadecimal, as Open Finance Brasil has it.",
		Parameters:          []function.Parameter{text("certificate_pem", certificateParameter)},
		Return:              function.StringReturn{},
	}, ofFirst(pki.SubjectDN))
}

// keySet is jwks (RFC 7517 §5).
func keySet() pure {
	definition := function.Definition{
		Summary:             "A JSON Web Key Set of public keys in PEM form.",
		MarkdownDescription: "Returns a JSON Web Key Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)), for example for `jwks` of `dcr_client`, of public keys, certificates and private keys in PEM form. Of a private key only the public part goes in. The `kid` is the [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638) thumbprint of a key, and of a certificate its SHA-256, as directories have it.",
		Parameters:          []function.Parameter{function.ListParameter{Name: "pems", ElementType: types.StringType, MarkdownDescription: "PEM texts, one for each key: a public key, a private key, or a certificate with its chain."}},
		Return:              function.StringReturn{},
	}
	return pure{"jwks", definition, func(ctx context.Context, req function.RunRequest, resp *function.RunResponse) *function.FuncError {
		var texts []types.String
		if err := req.Arguments.Get(ctx, &texts); err != nil {
			return err
		}
		given := make([]string, len(texts))
		for i, text := range texts {
			if text.IsNull() {
				return function.NewArgumentFuncError(0, fmt.Sprintf("Element %d of the list is null. Leave it out, or wrap the list in compact(...)", i))
			}
			given[i] = text.ValueString()
		}
		set, err := pki.JWKS(given)
		if slices.ContainsFunc(given, seal.Is) {
			err = errSealed
		}
		if err != nil {
			return refused(err)
		}
		return resp.Result.Set(ctx, set)
	}}
}

// info is certificate_info.
func info() pure {
	return described("certificate_info", function.Definition{
		Summary: "What a certificate says.",
		MarkdownDescription: "Returns what a certificate says, as an object: `subject_dn` and `issuer_dn` (as `subject_dn` writes them), `serial_number` (hexadecimal, without leading zeros), `not_before` and `not_after` (RFC 3339, for `timecmp`), `thumbprint_sha256` (hexadecimal), `key_id` (the thumbprint in base64url), " +
			"`key_algorithm` (`RSA`, `ECDSA` or `Ed25519`), `key_bits` (`256` for `Ed25519`), `dns_names` and `uris`. It does not check the certificate's signature.",
		Parameters: []function.Parameter{text("certificate_pem", certificateParameter)},
	}, map[string]attr.Type{
		"subject_dn": types.StringType, "issuer_dn": types.StringType, "serial_number": types.StringType, "not_before": types.StringType, "not_after": types.StringType,
		"thumbprint_sha256": types.StringType, "key_id": types.StringType, "key_algorithm": types.StringType, "key_bits": types.Int64Type,
		"dns_names": types.ListType{ElemType: types.StringType}, "uris": types.ListType{ElemType: types.StringType},
	}, func(given string) (map[string]attr.Value, error) {
		certificate, err := first(given)
		if err != nil {
			return nil, err
		}
		subject, err := pki.SubjectDN(certificate)
		if err != nil {
			return nil, err
		}
		issuer, err := pki.IssuerDN(certificate)
		if err != nil {
			return nil, err
		}
		algorithm, bits := pki.KeySize(certificate.PublicKey)
		uris := make([]string, len(certificate.URIs))
		for i, uri := range certificate.URIs {
			uris[i] = uri.String()
		}
		return map[string]attr.Value{
			"subject_dn": types.StringValue(subject), "issuer_dn": types.StringValue(issuer), "serial_number": types.StringValue(certificate.SerialNumber.Text(16)),
			"not_before": types.StringValue(certificate.NotBefore.UTC().Format(time.RFC3339)), "not_after": types.StringValue(certificate.NotAfter.UTC().Format(time.RFC3339)),
			"thumbprint_sha256": types.StringValue(pki.Thumbprint(certificate)), "key_id": types.StringValue(pki.KeyID(certificate)),
			"key_algorithm": types.StringValue(algorithm), "key_bits": types.Int64Value(int64(bits)),
			"dns_names": fw.StringList(certificate.DNSNames), "uris": fw.StringList(uris),
		}, nil
	})
}
