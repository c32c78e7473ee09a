package sandbox

import (
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by RFC 7517 §4.8.
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// certificate is one certificate or bare public key of an application.
type certificate struct {
	Kid       string    `json:"kid"`
	Type      string    `json:"type"`
	PEM       string    `json:"pem"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	Reason    string    `json:"reason,omitempty"`
}

func (h *certificate) isKey() bool { return isOneOf(h.Type, typeSigKey, typeEncKey) }

func (h *certificate) isTransport() bool {
	return isOneOf(h.Type, typeTransport, typeBrazil, typeBrazil2022, typeExternal)
}

func (h *certificate) use() string {
	if h.isTransport() || h.Type == typeEncKey {
		return "enc"
	}
	return "sig"
}

// status is Inactive once revoked, expired or owned by an application that is gone.
func (h *certificate) status(now time.Time, app *application) string {
	if !h.RevokedAt.IsZero() || app.Status == statusInactive || !h.NotAfter.IsZero() && now.After(h.NotAfter) {
		return statusInactive
	}
	return statusActive
}

func (s *Sandbox) findCertificate(kid string) *certificate {
	for _, app := range s.state.Applications {
		for _, held := range app.Certificates {
			if held.Kid == kid {
				return held
			}
		}
	}
	return nil
}

// addCertificate takes a signing request, or a bare key, and issues.
func (s *Sandbox) addCertificate(c *call, _ *token, app *application) answer {
	kind := c.request.PathValue("SoftwareStatementCertificateOrKeyType")
	media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || media != "application/x-pem-file" {
		return directoryErrors(http.StatusUnsupportedMediaType, "the content type has to be application/x-pem-file")
	}
	if app.Status == statusInactive {
		return directoryErrors(http.StatusNotFound, "the software statement does not exist")
	}
	if app.Locked && s.options.Directory.LockRefusesCertificates {
		return directoryErrors(s.options.Directory.LockedStatus, "the software statement is locked and takes no certificates")
	}
	if limit := s.options.Directory.CertificateLimit; limit > 0 && s.activeCertificates(app) >= limit {
		return s.certificateRefused("the software statement has reached its limit of active certificates: " + strconv.Itoa(limit))
	}
	held, broken := s.makeCertificate(app, kind, c.body)
	if len(broken) > 0 {
		return s.certificateRefused(broken...)
	}
	if twin := s.findCertificate(held.Kid); twin != nil {
		return s.certificateRefused("the key is known already")
	}
	app.Certificates = append(app.Certificates, held)
	c.effect = "issued certificate " + held.Kid + " to application " + app.ID
	if s.options.Directory.CertificatePEM {
		return typedAnswer(http.StatusCreated, "application/x-pem-file", []byte(held.PEM))
	}
	return s.certificateAnswer(http.StatusCreated, held, app, createdFormat)
}

func (s *Sandbox) certificateRefused(broken ...string) answer {
	return directoryErrors(s.options.Directory.CertificateRefusedStatus, broken...)
}

func (s *Sandbox) activeCertificates(app *application) int {
	active := 0
	for _, held := range app.Certificates {
		if held.status(s.now(), app) == statusActive {
			active++
		}
	}
	return active
}

func (s *Sandbox) makeCertificate(app *application, kind string, body []byte) (*certificate, []string) {
	switch kind {
	case typeTransport, typeSigning, typeBrazil, typeBrazil2022:
		return s.certify(app, kind, body)
	case typeSigKey, typeEncKey:
		return s.takeKey(kind, body)
	case typeExternal:
		return s.takeCertificate(app, body)
	}
	if slices.Contains(s.options.Directory.CertificateTypes, kind) {
		return s.certify(app, kind, body)
	}
	return nil, []string{"there is no certificate type " + kind}
}

// certify issues the certificate a request asks for.
func (s *Sandbox) certify(app *application, kind string, body []byte) (*certificate, []string) {
	request, broken := readRequest(body, kind, owner{
		organisation: s.state.OrganisationID, application: app.ID,
		registration: registrationNumber, name: organisationName, city: organisationCity, country: organisationCountry,
	})
	if len(broken) > 0 {
		return nil, broken
	}
	template := &x509.Certificate{
		RawSubject: request.RawSubject, DNSNames: request.DNSNames, IPAddresses: request.IPAddresses, URIs: request.URIs, EmailAddresses: request.EmailAddresses,
		NotBefore: s.now().Add(-time.Minute).Truncate(time.Second), NotAfter: s.now().Add(s.options.CertificateLifetime).Truncate(time.Second),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if request.PublicKeyAlgorithm == x509.RSA {
		template.KeyUsage |= x509.KeyUsageKeyEncipherment
	}
	der, err := s.authority.issue(template, request.PublicKey)
	if err != nil {
		return nil, []string{"the certificate authority refused the request"}
	}
	return &certificate{Kid: thumbprint(der), Type: kind, PEM: encodeCertificate(der), NotBefore: template.NotBefore, NotAfter: template.NotAfter}, nil
}

// takeCertificate takes note of a certificate that was issued elsewhere, for the sandbox by its own authority.
func (s *Sandbox) takeCertificate(app *application, body []byte) (*certificate, []string) {
	block, _ := pem.Decode(body)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, []string{"the body is not a PEM certificate"}
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, []string{"the certificate does not parse"}
	}
	var broken []string
	if err := parsed.CheckSignatureFrom(s.authority.issuing); err != nil {
		broken = append(broken, "the issuer is no accredited authority")
	}
	if nameValue(parsed.Subject, oidUserID()) != app.ID {
		broken = append(broken, "UID has to be the SoftwareStatementId "+app.ID)
	}
	if s.now().After(parsed.NotAfter) {
		broken = append(broken, "the certificate has expired")
	}
	if len(broken) > 0 {
		return nil, broken
	}
	return &certificate{Kid: thumbprint(block.Bytes), Type: typeExternal, PEM: encodeCertificate(block.Bytes), NotBefore: parsed.NotBefore, NotAfter: parsed.NotAfter}, nil
}

func (s *Sandbox) takeKey(kind string, body []byte) (*certificate, []string) {
	_, der, broken := readPublicKey(body)
	if len(broken) > 0 {
		return nil, broken
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return &certificate{Kid: thumbprint(der), Type: kind, PEM: text, NotBefore: s.now()}, nil
}

// The directory writes dates one way when it creates and another way ever after.
const (
	createdFormat = "Mon Jan 02 15:04:05 UTC 2006"
	storedFormat  = "2006-01-02 15:04:05.0"
)

func (s *Sandbox) certificateAnswer(status int, held *certificate, app *application, format string) answer {
	view, err := s.certificateView(held, app, format)
	if err != nil {
		return directoryErrors(http.StatusInternalServerError, "the certificate is broken")
	}
	return typedAnswer(status, "application/jwk+json", encodeJSON(view))
}

// certificateView is a CertificateOrKey of the directory.
func (s *Sandbox) certificateView(held *certificate, app *application, format string) (map[string]any, error) {
	view, err := held.jwk(s.urls.keystore + "/" + s.state.OrganisationID + "/" + app.ID)
	if err != nil {
		return nil, err
	}
	delete(view, "x5t#S256")
	base := s.urls.keystore + "/" + s.state.OrganisationID
	view["OrganisationId"] = s.state.OrganisationID
	view["SoftwareStatementIds"] = []string{app.ID}
	view["ClientName"] = textOf(app.Fields, "ClientName")
	view["Status"] = held.status(s.now(), app)
	view["keyType"] = held.Type
	view["ValidFromDateTime"] = held.NotBefore.UTC().Format(format)
	view["JwkPath"] = base + "/" + app.ID + "/" + jwksFile(held)
	view["OrgJwkPath"] = base + "/" + jwksFile(held)
	if !held.NotAfter.IsZero() {
		view["ExpiryDateTime"] = held.NotAfter.UTC().Format(format)
		view["x5thashS256"] = held.Kid
		view["SignedCertPath"] = view["x5u"]
	}
	if !held.RevokedAt.IsZero() {
		view["RevokedDateTime"] = held.RevokedAt.UTC().Format(format)
	}
	return view, nil
}

// jwk is the key as the keystore publishes it (RFC 7517); never with an alg.
func (h *certificate) jwk(base string) (map[string]any, error) {
	block, _ := pem.Decode([]byte(h.PEM))
	if block == nil {
		return nil, errors.New("sandbox: stored certificate is not PEM")
	}
	key := jose.JSONWebKey{KeyID: h.Kid, Use: h.use()}
	if h.isKey() {
		public, _, broken := readPublicKey([]byte(h.PEM))
		if len(broken) > 0 {
			return nil, errors.New("sandbox: stored key is broken")
		}
		key.Key = public
		return keyObject(key)
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("sandbox: stored certificate is broken")
	}
	key.Key = parsed.PublicKey
	view, err := keyObject(key)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(block.Bytes) //nolint:gosec // See the import.
	view["x5c"] = []string{base64.StdEncoding.EncodeToString(block.Bytes)}
	view["x5t"] = base64.RawURLEncoding.EncodeToString(sum[:])
	view["x5t#S256"] = h.Kid
	view["x5u"] = base + "/" + h.Kid + ".pem"
	return view, nil
}

func keyObject(key jose.JSONWebKey) (map[string]any, error) {
	data, err := key.MarshalJSON()
	if err != nil {
		return nil, errors.New("sandbox: the key does not fit a JWK")
	}
	return decodeObject(data)
}

func (s *Sandbox) listCertificates(c *call, _ *token, app *application) answer {
	shown, err := s.certificatePage(c.request.URL.Query(), app.Certificates)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	list := []any{}
	for _, held := range shown {
		if view, err := s.certificateView(held, app, storedFormat); err == nil {
			list = append(list, view)
		}
	}
	return typedAnswer(http.StatusOK, "application/jwk-set+json", encodeJSON(list))
}

// certificatePage is the page a query asks for, where the directory pages this list.
func (s *Sandbox) certificatePage(query url.Values, all []*certificate) ([]*certificate, error) {
	if s.options.Directory.CertificatePageSize == 0 {
		return all, nil
	}
	number, size, err := pageOf(query, s.options.Directory.CertificatePageSize)
	if err != nil {
		return nil, err
	}
	from := min(number*size, len(all))
	return all[from:min(from+size, len(all))], nil
}

// certificateByKid finds a certificate of any application by its kid alone.
func (s *Sandbox) certificateByKid(c *call, _ *token) answer {
	kid := c.request.PathValue("CertificateOrKeyId")
	for _, app := range s.state.Applications {
		for _, held := range app.Certificates {
			if held.Kid == kid {
				return s.certificateAnswer(http.StatusOK, held, app, storedFormat)
			}
		}
	}
	return directoryErrors(http.StatusNotFound, "the certificate does not exist")
}

func (app *application) certificateByPath(c *call) *certificate {
	kind, kid := c.request.PathValue("SoftwareStatementCertificateOrKeyType"), c.request.PathValue("CertificateOrKeyId")
	i := slices.IndexFunc(app.Certificates, func(held *certificate) bool { return held.Type == kind && held.Kid == kid })
	if i < 0 {
		return nil
	}
	return app.Certificates[i]
}

func (s *Sandbox) readCertificate(c *call, _ *token, app *application) answer {
	held := app.certificateByPath(c)
	if held == nil {
		return directoryErrors(http.StatusNotFound, "the certificate does not exist")
	}
	return s.certificateAnswer(http.StatusOK, held, app, storedFormat)
}

func revokeReasons() []string {
	return []string{"unspecified", "keycompromise", "superseded", "cessationofoperation", "privilegewithdrawn"}
}

func (s *Sandbox) revokeCertificate(c *call, _ *token, app *application) answer {
	held := app.certificateByPath(c)
	if held == nil {
		return directoryErrors(http.StatusNotFound, "the certificate does not exist")
	}
	request, err := decodeObject(c.body)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	reason := textOf(request, "RevokeReason")
	if !slices.Contains(revokeReasons(), reason) {
		return directoryErrors(http.StatusBadRequest, "RevokeReason: must be one of "+strings.Join(revokeReasons(), ", "))
	}
	if held.status(s.now(), app) == statusInactive {
		return directoryErrors(http.StatusBadRequest, "the certificate is inactive already")
	}
	held.RevokedAt, held.Reason = s.now(), reason
	c.effect = "revoked certificate " + held.Kid
	return emptyAnswer(http.StatusNoContent)
}
