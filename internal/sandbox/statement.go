package sandbox

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// signer is one of the directory's statement signing keys.
type signer struct {
	Kid         string `json:"kid"`
	Key         string `json:"key"`
	Certificate string `json:"certificate"`
}

func (s *Sandbox) statementIssuer() string {
	if issuer := s.options.Directory.StatementIssuer; issuer != "" {
		return issuer
	}
	return organisationName + " Sandbox Ecosystem sandbox SSA issuer"
}

// currentSigner makes the first signing key when it is first needed.
func (s *Sandbox) currentSigner() (signer, error) {
	if len(s.state.Signers) == 0 {
		if err := s.addSigner(); err != nil {
			return signer{}, err
		}
	}
	return s.state.Signers[len(s.state.Signers)-1], nil
}

// addSigner makes a new current key; older ones stay published.
func (s *Sandbox) addSigner() error {
	text, err := newRSAPEM()
	if err != nil {
		return err
	}
	key, err := s.key(text)
	if err != nil {
		return err
	}
	kid := "signer"
	if len(s.state.Signers) > 0 {
		kid += "-" + strconv.Itoa(len(s.state.Signers)+1)
	}
	der, err := s.authority.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: kid}, NotBefore: farPast(), NotAfter: farFuture(), KeyUsage: x509.KeyUsageDigitalSignature,
	}, key.Public())
	if err != nil {
		return err
	}
	s.state.Signers = append(s.state.Signers, signer{Kid: kid, Key: text, Certificate: encodeCertificate(der)})
	s.touch()
	return nil
}

// assertion issues a software statement and, as its side effect, locks the application.
func (s *Sandbox) assertion(c *call, _ *token, app *application) answer {
	if app.Status != statusActive {
		return directoryErrors(http.StatusBadRequest, "the software statement is "+strings.ToLower(app.Status)+" and no assertion can be issued")
	}
	raw, err := s.signStatement(s.statementClaims(app))
	if err != nil {
		return directoryErrors(http.StatusInternalServerError, "the assertion could not be signed")
	}
	app.Locked = true
	app.Statements++
	s.remember(raw)
	c.effect = "issued assertion for and locked application " + app.ID
	accept := c.request.Header.Get("Accept")
	if s.options.Directory.StatementAsJSON || strings.Contains(accept, "application/json") && !strings.Contains(accept, "application/jwt") {
		return jsonAnswer(http.StatusOK, raw)
	}
	return typedAnswer(http.StatusOK, "application/jwt", []byte(raw))
}

func (s *Sandbox) signStatement(claims map[string]any) (string, error) {
	current, err := s.currentSigner()
	if err != nil {
		return "", err
	}
	key, err := s.key(current.Key)
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", current.Kid)
	writer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("sandbox: statement signer: %w", err)
	}
	signed, err := writer.Sign(encodeJSON(claims))
	if err != nil {
		return "", fmt.Errorf("sandbox: sign statement: %w", err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("sandbox: sign statement: %w", err)
	}
	return raw, nil
}

// statementClaims are the claims of the Brazilian software statement; iat, but neither exp nor jti.
func (s *Sandbox) statementClaims(app *application) map[string]any {
	base := s.urls.keystore + "/" + s.state.OrganisationID
	own := base + "/" + app.ID
	active, all := statementRoles(app)
	claims := map[string]any{
		"iss": s.statementIssuer(), "iat": s.now().Unix(),
		"software_id": app.ID, "software_client_id": app.clientID(), "software_status": app.Status,
		"software_roles": active, "software_statement_roles": all, "software_redirect_uris": textsOf(app.Fields["RedirectUri"]),
		"software_jwks_uri": own + "/application.jwks", "software_jwks_inactive_uri": own + "/inactive/application.jwks",
		"software_jwks_transport_uri": own + "/transport.jwks", "software_jwks_transport_inactive_uri": own + "/inactive/transport.jwks",
		"org_id": s.state.OrganisationID, "org_name": organisationName, "org_number": registrationNumber, "org_status": statusActive,
		"org_jwks_uri": base + "/application.jwks", "org_jwks_inactive_uri": base + "/inactive/application.jwks",
		"org_jwks_transport_uri": base + "/transport.jwks", "org_jwks_transport_inactive_uri": base + "/inactive/transport.jwks",
		"software_flags": map[string]any{}, "organisation_flags": map[string]any{}, "organisation_competent_authority_claims": s.competentClaims(),
	}
	if version, ok := app.Fields["Version"].(float64); ok {
		claims["software_version"] = strconv.FormatFloat(version, 'f', 2, 64)
	}
	for claim, name := range map[string]string{
		"software_client_name": "ClientName", "software_client_description": "Description", "software_client_uri": "ClientUri",
		"software_homepage_uri": "HomepageUri", "software_environment": "Environment", "software_mode": "Mode", "software_logo_uri": "LogoUri",
		"software_policy_uri": "PolicyUri", "software_tos_uri": "TermsOfServiceUri", "software_on_behalf_of": "OnBehalfOf",
	} {
		if text := textOf(app.Fields, name); text != "" {
			claims[claim] = text
		}
	}
	for claim, name := range map[string]string{"software_api_webhook_uris": "ApiWebhookUri", "software_origin_uris": "OriginUri"} {
		if list := textsOf(app.Fields[name]); len(list) > 0 {
			claims[claim] = list
		}
	}
	s.alterClaims(app, claims)
	return claims
}

// alterClaims writes the claims the way this directory's temper wants them.
func (s *Sandbox) alterClaims(app *application, claims map[string]any) {
	temper := s.options.Directory
	if temper.StatementIDs {
		claims["jti"] = newUUID()
	}
	if temper.StatementLifetime > 0 {
		claims["exp"] = s.now().Add(temper.StatementLifetime).Unix()
	}
	if version, ok := app.Fields["Version"].(float64); ok && temper.NumericVersion {
		claims["software_version"] = version
	}
	if !temper.EndpointClaims {
		return
	}
	for _, name := range sortedKeys(claims) {
		if owner, isURI := strings.CutSuffix(name, "_uri"); isURI && strings.Contains(name, "_jwks_") {
			claims[owner+"_endpoint"] = claims[name]
			delete(claims, name)
		}
	}
}

func statementRoles(app *application) (active []string, all []any) {
	active, all = []string{}, []any{}
	for _, role := range app.Roles {
		if role.Status == statusActive {
			active = append(active, role.Role)
		}
		all = append(all, map[string]any{"role": role.Role, "authorisation_domain": role.AuthorisationDomain, "status": role.Status})
	}
	return active, all
}

func (s *Sandbox) competentClaims() []any {
	out := []any{}
	for _, held := range s.state.OrganisationRoles {
		out = append(out, map[string]any{
			"authorisation_domain": held.Domain, "authorisations": []any{}, "registration_id": registrationNumber, "authority_id": held.Authority,
			"authority_name": authorityName, "authorisation_role": held.Role, "authority_code": "SBX", "status": held.Status,
		})
	}
	return out
}
