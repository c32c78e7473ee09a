package function

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// statement is decode_software_statement (RFC 7591 §2.3).
func statement() pure {
	return described("decode_software_statement", function.Definition{
		Summary: "What a software statement claims.",
		MarkdownDescription: "Returns what a software statement claims, as an object: `claims` (all of them, as JSON with sorted members, for `jsondecode`), `issuer`, `software_id`, `organisation_id`, `redirect_uris`, `issued_at` and `expires_at` (RFC 3339, null when absent), `key_id` and `algorithm`, and `digest`, which is the same for statements that differ only in when they were issued. " +
			"It does not verify the signature; `dcr_software_statement` does.",
		Parameters: []function.Parameter{text("software_statement", "A software statement: a signed JWT (compact JWS) with an asymmetric algorithm.")},
	}, map[string]attr.Type{
		"claims": types.StringType, "issuer": types.StringType, "software_id": types.StringType, "organisation_id": types.StringType, "redirect_uris": types.ListType{ElemType: types.StringType},
		"issued_at": types.StringType, "expires_at": types.StringType, "key_id": types.StringType, "algorithm": types.StringType, "digest": types.StringType,
	}, func(given string) (map[string]attr.Value, error) {
		s, err := jws.Parse(given)
		if err != nil {
			return nil, err
		}
		return map[string]attr.Value{
			"claims": types.StringValue(s.ClaimsJSON()), "issuer": fw.StringOrNull(s.Issuer), "software_id": fw.StringOrNull(s.SoftwareID), "organisation_id": fw.StringOrNull(s.OrganisationID),
			"redirect_uris": fw.StringList(s.RedirectURIs), "issued_at": fw.Instant(s.IssuedAt), "expires_at": fw.Instant(s.ExpiresAt),
			"key_id": fw.StringOrNull(s.KeyID), "algorithm": types.StringValue(s.Algorithm), "digest": types.StringValue(s.Digest()),
		}, nil
	})
}
