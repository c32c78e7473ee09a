package sandbox_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"strings"
	"testing"
)

// wholeApplication is a request with every member of a SoftwareStatementRequest and the newer HomepageUri.
func (w *world) wholeApplication() map[string]any {
	return map[string]any{
		"ClientName": "Aurora", "Version": 1.5, "LogoUri": "https://logos.example.com/a.png",
		"RedirectUri": []any{"https://app.example.com/cb"}, "ClientUri": "https://app.example.com", "HomepageUri": "https://example.com",
		"PolicyUri": "https://app.example.com/policy", "TermsOfServiceUri": "https://app.example.com/terms",
		"PostLogoutRedirectUris": []any{"https://app.example.com/bye"}, "Description": "Pays", "Environment": "Sandbox", "Mode": "Test",
		"OnBehalfOf": "Boreal", "Flags": []any{w.Directory().AddFlag("journey", "both")},
		"NotificationWebhook": "https://app.example.com/events", "ApiWebhookUri": []any{"https://app.example.com/hook"},
		"OriginUri":                  []any{"https://app.example.com", "android:apk-key-hash:abc-1", "ios:bundle-id:com.example.app"},
		"RelatedAuthorisationServer": "0b5ba4b9-4ee4-4e9c-8bd5-24a2b2d39f5c", "RequireSignedRequestObject": false,
		"TlsClientCertificateBoundAccessTokens": false, "IdTokenSignedResponseAlgorithm": "RS256", "TokenEndpointAuthMethod": "client_secret_basic",
		"OpenidFederationEnabled": true, "OpenidFederationEntityManagementType": "openid_entity_self_managed",
		"AdditionalSoftwareMetadata": `{"a":1}`,
		"Roles":                      []any{map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "PAGTO", "Status": "Active"}},
	}
}

func (w *world) create(body map[string]any) string {
	w.t.Helper()
	made := w.want(201, ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: body})
	return str(w.t, made.object(w.t), "SoftwareStatementId")
}

// on asks about something below one application, or one thing of the organisation, with a user's token.
func (w *world) on(status int, method, url string, body any) reply {
	w.t.Helper()
	return w.want(status, ask{method: method, url: url, token: w.info.AccessToken, body: body})
}

func (w *world) driveReferences() {
	w.t.Helper()
	for _, path := range []string{"", "authorityclaims", "authorisationservers"} {
		w.on(200, "GET", strings.TrimSuffix(w.api(path), "/"), nil)
	}
	w.Directory().DropOrganisationRole("Sandbox Ecosystem", "AISP")
	w.on(200, "GET", w.api("authorityclaims"), nil)
	for _, list := range []string{"/references/flags", "/references/authorisationdomainroles"} {
		w.on(200, "GET", w.info.APIURL+list, nil)
		w.on(200, "GET", w.info.APIURL+list+"?page=1&size=2&status=Active", nil)
		w.on(400, "GET", w.info.APIURL+list+"?size=many", nil)
		w.on(400, "GET", w.info.APIURL+list+"?page=-1", nil)
	}
}

// driveApplications takes one application with every member through its whole life.
func (w *world) driveApplications() {
	w.t.Helper()
	d := w.Directory()
	body := w.wholeApplication()
	id := w.create(body)
	own := w.api("softwarestatements", id)
	body["LogoUri"] = "data:image/png;base64,AAAA"
	w.on(201, "POST", w.api("softwarestatements"), body)
	body["TokenEndpointAuthMethod"], body["Status"] = "tls_client_auth", "Suspended"
	w.on(200, "PUT", own, body)
	body["TokenEndpointAuthMethod"], body["Status"] = "client_secret_basic", "Active"
	w.on(200, "PUT", own, body)
	certification := map[string]any{"ProfileType": "FAPI RP", "CertificationStartDate": "03/02/2026", "Status": "Certified", "CertificationURI": "https://openid.net/x"}
	w.on(201, "POST", own+"/certifications", certification)
	w.on(200, "PUT", own, body)
	for _, act := range []func() error{
		func() error { return d.ConfirmWebhook(id) },
		func() error { return d.Suspend(id) },
		func() error { return d.Resume(id) },
		func() error {
			return d.Edit(id, func(view map[string]any) { view["UpdateFailedReason"] = "the authorization server was away" })
		},
	} {
		if err := act(); err != nil {
			w.t.Fatal(err)
		}
		w.on(200, "GET", own, nil)
	}
	w.on(200, "GET", own+"/metadata", nil)
	w.on(200, "GET", own+"/metadata?type=scope", nil)
	w.on(200, "GET", own+"/assertion", nil)
	w.want(200, ask{method: "GET", url: own + "/assertion", token: w.info.AccessToken, header: map[string]string{"Accept": "application/json"}})
	body["ClientName"] = "Other"
	w.on(400, "PUT", own, body)
	w.on(400, "PUT", own+"/unlock", map[string]any{"Unlock": false})
	w.on(403, "PUT", own+"/unlock", map[string]any{"Unlock": true})
	w.want(200, ask{method: "PUT", url: own + "/unlock", token: w.info.AdministratorAccessToken, body: map[string]any{"Unlock": true}})
	w.on(200, "PUT", own, body)
	w.on(400, "PUT", own, "{")
	w.on(204, "DELETE", own, nil)
	w.on(404, "DELETE", own, nil)
	w.on(404, "PUT", own, body)
	w.on(400, "GET", own+"/assertion", nil)
	w.on(200, "GET", own, nil)
	w.on(200, "GET", w.api("softwarestatements"), nil)
}

func (w *world) driveRoles() {
	w.t.Helper()
	claims := w.api("softwarestatements", w.application(), "authorityclaims")
	role := map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "CONTA", "Status": "Active"}
	one := claims + "/" + str(w.t, w.on(201, "POST", claims, role).object(w.t), "SoftwareAuthorityClaimId")
	w.on(409, "POST", claims, role)
	w.on(204, "PUT", one, map[string]any{"Status": "Inactive"})
	w.on(409, "POST", claims, role)
	w.on(200, "GET", one, nil)
	w.on(200, "GET", claims, nil)
	w.on(400, "PUT", one, map[string]any{"Status": "Gone"})
	w.on(404, "GET", claims+"/none", nil)
	w.on(404, "PUT", claims+"/none", map[string]any{"Status": "Active"})
}

// brazilianRequest is a signing request by the Brazilian profile.
func (w *world) brazilianRequest(id string, key crypto.Signer, edit func(*pkix.Name)) string {
	return w.signingRequest(id, key, func(request *x509.CertificateRequest) {
		request.Subject = pkix.Name{
			CommonName: "app.example.com", Organization: []string{"Aurora Pagamentos S.A."}, Country: []string{"BR"}, SerialNumber: "43142666000197",
			Locality: []string{"São Paulo"}, Province: []string{"SP"},
			ExtraNames: []pkix.AttributeTypeAndValue{
				{Type: asn1.ObjectIdentifier{2, 5, 4, 15}, Value: "Private Organization"},
				{Type: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 3}, Value: "BR"},
				{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "OFBBR-" + w.info.OrganisationID},
				{Type: asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}, Value: id},
			},
		}
		if edit != nil {
			edit(&request.Subject)
		}
	})
}

func publicPEM(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func newRSA(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// driveCertificates uploads every type, with RSA and EC keys, and revokes them for every reason.
func (w *world) driveCertificates() {
	w.t.Helper()
	id := w.application()
	all := w.api("softwarestatements", id, "certificates")
	upload := func(status int, kind, body string) reply {
		w.t.Helper()
		return w.want(status, ask{method: "POST", url: all + "/" + kind, token: w.info.AccessToken, body: body, header: pemHeader()})
	}
	reasons := []string{"unspecified", "keycompromise", "superseded", "cessationofoperation", "privilegewithdrawn"}
	made := map[string]string{}
	for kind, body := range map[string]string{
		"rtstransport": w.signingRequest(id, newKey(w.t), nil), "rtssigning": w.signingRequest(id, newRSA(w.t), nil),
		"brcac": w.brazilianRequest(id, newKey(w.t), nil), "brcac_2022": w.brazilianRequest(id, newKey(w.t), nil),
		"sigkey": publicPEM(w.t, newKey(w.t)), "enckey": publicPEM(w.t, newRSA(w.t)),
	} {
		made[kind] = str(w.t, upload(201, kind, body).object(w.t), "kid")
		w.on(200, "GET", w.api("certificates", "kid", made[kind]), nil)
	}
	upload(400, "rtstransport", "not PEM")
	upload(400, "qwac", w.signingRequest(id, newKey(w.t), nil))
	w.on(415, "POST", all+"/rtstransport", map[string]any{"csr": "x"})
	w.on(404, "GET", all+"/rtstransport/none", nil)
	w.on(404, "GET", w.api("certificates", "kid", "none"), nil)
	w.on(404, "PUT", all+"/rtstransport/none", map[string]any{"RevokeReason": "unspecified"})
	w.on(200, "GET", all, nil)
	for kind, kid := range made {
		reason := map[string]any{"RevokeReason": reasons[0]}
		reasons = append(reasons[1:], reasons[0])
		w.on(204, "PUT", all+"/"+kind+"/"+kid, reason)
		w.on(400, "PUT", all+"/"+kind+"/"+kid, reason)
		w.on(200, "GET", all+"/"+kind+"/"+kid, nil)
	}
	w.on(200, "GET", all, nil)
}

func (w *world) driveCertifications() {
	w.t.Helper()
	all := w.api("softwarestatements", w.application(), "certifications")
	body := map[string]any{
		"ProfileType": "FAPI RP", "ProfileVariant": "BR-OF", "ProfileVersion": 1.1, "Status": "Certified",
		"CertificationStartDate": "03/02/2026", "CertificationURI": "https://openid.net/certification",
	}
	one := all + "/" + str(w.t, w.on(201, "POST", all, body).object(w.t), "CertificationId")
	w.on(409, "POST", all, body)
	w.on(200, "GET", all, nil)
	w.on(200, "GET", one, nil)
	w.on(200, "PUT", one, body)
	w.on(400, "PUT", one, map[string]any{"Status": "Lost"})
	w.on(204, "DELETE", one, nil)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		w.on(404, method, one, body)
	}
}
