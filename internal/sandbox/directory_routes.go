package sandbox

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
)

const (
	pathOrganisation   = "/organisations/{OrganisationId}"
	pathApplications   = pathOrganisation + "/softwarestatements"
	pathApplication    = pathApplications + "/{SoftwareStatementId}"
	pathRoles          = pathApplication + "/authorityclaims"
	pathRole           = pathRoles + "/{SoftwareAuthorityClaimId}"
	pathCertificates   = pathApplication + "/certificates"
	pathCertificate    = pathCertificates + "/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}"
	pathCertifications = pathApplication + "/certifications"
	pathCertification  = pathCertifications + "/{SoftwareStatementCertificationId}"
)

// secured is a directory operation after authentication; t is the bearer's token.
type secured func(c *call, t *token) answer

// onApplication is a directory operation on an application that exists.
type onApplication func(c *call, t *token, app *application) answer

// directoryHandler is the directory's API.
func (s *Sandbox) directoryHandler() http.Handler {
	return s.routes(hostDirectory, s.directoryRoutes())
}

// directoryRoutes are the operations of the directory. Which scopes an operation takes is declared here.
func (s *Sandbox) directoryRoutes() map[string]handler {
	return map[string]handler{
		"GET " + pathOrganisation:                                               s.any(s.organisation),
		"GET " + pathOrganisation + "/authorityclaims":                          s.any(s.organisationRoles),
		"GET " + pathOrganisation + "/authorisationservers":                     s.any(s.ownAuthorisationServers),
		"GET " + pathOrganisation + "/certificates/kid/{CertificateOrKeyId}":    s.any(s.certificateByKid),
		"GET " + pathApplications:                                               s.any(s.listApplications),
		"POST " + pathApplications:                                              s.website(s.createApplication),
		"GET " + pathApplication:                                                s.any(s.application(s.readApplication)),
		"PUT " + pathApplication:                                                s.any(s.application(s.replaceApplication)),
		"DELETE " + pathApplication:                                             s.any(s.application(s.deleteApplication)),
		"GET " + pathApplication + "/assertion":                                 s.any(s.application(s.assertion)),
		"PUT " + pathApplication + "/unlock":                                    s.any(s.application(s.unlock)),
		"GET " + pathApplication + "/metadata":                                  s.any(s.application(s.applicationMetadata)),
		"GET " + pathRoles:                                                      s.any(s.application(s.listRoles)),
		"POST " + pathRoles:                                                     s.website(s.application(s.addRole)),
		"GET " + pathRole:                                                       s.any(s.application(s.readRole)),
		"PUT " + pathRole:                                                       s.website(s.application(s.changeRole)),
		"GET " + pathCertificates:                                               s.any(s.application(s.listCertificates)),
		"POST " + pathCertificates + "/{SoftwareStatementCertificateOrKeyType}": s.any(s.application(s.addCertificate)),
		"GET " + pathCertificate:                                                s.any(s.application(s.readCertificate)),
		"PUT " + pathCertificate:                                                s.any(s.application(s.revokeCertificate)),
		"GET " + pathCertifications:                                             s.any(s.application(s.listCertifications)),
		"POST " + pathCertifications:                                            s.website(s.application(s.addCertification)),
		"GET " + pathCertification:                                              s.any(s.application(s.readCertification)),
		"PUT " + pathCertification:                                              s.website(s.application(s.replaceCertification)),
		"DELETE " + pathCertification:                                           s.website(s.application(s.deleteCertification)),
		"GET /references/flags":                                                 s.website(s.listFlags),
		"GET /references/authorisationdomainroles":                              s.any(s.listDomainRoles),
	}
}

// any takes a token of an application or of a user.
func (s *Sandbox) any(next secured) handler { return s.secure(next, scopeSoftware, scopeWebsite) }

// website takes a token of a user only.
func (s *Sandbox) website(next secured) handler { return s.secure(next, scopeWebsite) }

// gatewayError is a refusal by what stands before the directory.
func (s *Sandbox) gatewayError(status int) answer {
	switch {
	case s.options.Directory.BareRefusals:
		return emptyAnswer(status)
	case status == http.StatusUnauthorized:
		return jsonAnswer(status, map[string]any{"message": "Unauthorized"})
	default:
		return jsonAnswer(status, map[string]any{"message": "User is not authorized to access this resource"})
	}
}

func directoryErrors(status int, messages ...string) answer {
	return jsonAnswer(status, map[string]any{"errors": messages})
}

// secure does what the gateway does before the directory is asked: token, binding, scope, organisation.
func (s *Sandbox) secure(next secured, scopes ...string) handler {
	return func(c *call) answer {
		value, given := bearer(c.request)
		t := s.state.Tokens[value]
		if !given || t == nil || !s.options.Now().Before(t.ExpiresAt) || s.isRevoked(c.certificate) {
			return s.gatewayError(http.StatusUnauthorized)
		}
		if t.Thumbprint != "" && t.Thumbprint != thumbprint(c.certificate.Raw) {
			return s.gatewayError(http.StatusUnauthorized)
		}
		c.principal = t.principalName()
		if !t.Administrator && !slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(t.Scope, scope) }) {
			return s.gatewayError(http.StatusForbidden)
		}
		if malformed(c.request) {
			return directoryErrors(http.StatusBadRequest, "a path identifier is malformed")
		}
		organisation := c.request.PathValue("OrganisationId")
		if organisation != "" && organisation != s.state.OrganisationID {
			return s.gatewayError(http.StatusForbidden)
		}
		return next(c, t)
	}
}

func malformed(r *http.Request) bool {
	for _, name := range []string{"OrganisationId", "SoftwareStatementId", "SoftwareAuthorityClaimId", "SoftwareStatementCertificationId"} {
		if value := r.PathValue(name); len(value) > 40 || strings.ContainsAny(value, "<> \"") {
			return true
		}
	}
	return false
}

// isRevoked says whether a client certificate was revoked in the directory.
func (s *Sandbox) isRevoked(certificate *x509.Certificate) bool {
	if certificate == nil {
		return false
	}
	held := s.findCertificate(thumbprint(certificate.Raw))
	return held != nil && !held.RevokedAt.IsZero()
}

// application finds the application an operation is about.
func (s *Sandbox) application(next onApplication) secured {
	return func(c *call, t *token) answer {
		app := s.state.Applications[c.request.PathValue("SoftwareStatementId")]
		if app == nil {
			return directoryErrors(http.StatusNotFound, "the software statement does not exist")
		}
		return next(c, t, app)
	}
}
