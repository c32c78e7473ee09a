package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// unauthorized is the one answer for an unknown client and for a bad token (RFC 7592 §2.1): the same bytes.
func (b *bank) unauthorized() answer {
	code := "invalid_token"
	if b.temper.UnauthorizedStatus == http.StatusBadRequest {
		code = "access_denied"
	}
	out := oauthError(b.temper.UnauthorizedStatus, code, "the access token is not valid for this resource")
	if b.temper.UnauthorizedStatus == http.StatusUnauthorized {
		out.header.Set("WWW-Authenticate", `Bearer realm="registration", error="invalid_token"`)
	}
	return out
}

// managed finds the client of a client configuration request and checks its token.
func (b *bank) managed(c *call) (*registration, *answer) {
	refused := b.unauthorized()
	if e := (&enrolment{call: c}); b.checkCertificate(e) != nil {
		out := b.checkCertificate(e).answer()
		return nil, &out
	}
	given, _ := bearer(c.request)
	client := b.clientByURI(c)
	if b.temper.ManagedByAccessToken {
		return b.managedByAccessToken(c, client, given)
	}
	if client != nil && client.TokenExpires != 0 && b.sandbox.now().Unix() >= client.TokenExpires {
		return nil, &refused
	}
	if client != nil && sameSecret(given, client.Token) {
		if b.temper.StrictCertificate && client.SoftwareID != "" && !b.temper.NoMutualTLS && !belongsTo(c.certificate, client.SoftwareID) {
			return nil, &refused
		}
		c.principal = client.ID
		return client, nil
	}
	b.destroyToken(c, given)
	return nil, &refused
}

// clientByURI wants the URI byte for byte, query included.
func (b *bank) clientByURI(c *call) *registration {
	path, query := c.request.URL.EscapedPath(), c.request.URL.RawQuery
	if b.temper.ManagedByAccessToken {
		id, err := url.PathUnescape(strings.TrimPrefix(path, b.state.RegisterPath+"/"))
		if err != nil || query != "" {
			return nil
		}
		return b.state.Clients[id]
	}
	for _, client := range b.state.Clients {
		if client.ManagePath == path && client.ManageQuery == query {
			return client
		}
	}
	return nil
}

// destroyToken revokes a registration access token that was used at the wrong place (RFC 7592 §2.1).
func (b *bank) destroyToken(c *call, given string) {
	for _, client := range b.state.Clients {
		if sameSecret(given, client.Token) {
			client.Token = ""
			c.effect = "destroyed the registration access token of client " + client.ID
		}
	}
}

// fetch is the client read request (RFC 7592 §2.1).
func (b *bank) fetch(c *call) answer {
	client, refused := b.managed(c)
	if refused != nil {
		return *refused
	}
	if b.temper.OmitTokenOnRead {
		return b.registered(http.StatusOK, client, false)
	}
	if b.temper.MaskOnRead {
		shown := *client
		shown.Token, shown.Secret = "********", "********"
		return b.registered(http.StatusOK, &shown, true)
	}
	if b.temper.Rotate == RotateOnRead && client.ManagePath != "" {
		b.renewToken(client)
		c.effect = "rotated the registration access token of client " + client.ID
	}
	return b.registered(http.StatusOK, client, true)
}

// replace is the client update request (RFC 7592 §2.2).
func (b *bank) replace(c *call) answer {
	if b.temper.PatchOnly {
		return methodNotAllowed("clients are updated by PATCH here", "GET", "PATCH", "DELETE")
	}
	return b.update(c, b.checkContentType, b.readBody, b.dropNulls, b.refuseEmpty, b.checkForbidden, b.checkIdentity, b.readStatement, b.checkSigned, b.checkMetadata)
}

// patch is an update by JSON merge patch (RFC 7396), which RFC 7592 does not know.
func (b *bank) patch(c *call) answer {
	if !b.temper.PatchOnly {
		return methodNotAllowed("clients are updated by PUT here", "GET", "PUT", "DELETE")
	}
	return b.update(c, b.checkContentType, b.readBody, b.checkForbidden, b.readStatement, b.checkMetadata)
}

// update runs the checks and commits; a refused update changes nothing, not even the token.
func (b *bank) update(c *call, steps ...func(*enrolment) *refusal) answer {
	client, refused := b.managed(c)
	if refused != nil {
		return *refused
	}
	e := &enrolment{call: c, current: client}
	for _, step := range steps {
		if refused := step(e); refused != nil {
			return c.turned(refused)
		}
	}
	client.Metadata = e.metadata
	b.adopt(client, e)
	b.renewClientSecret(client, b.temper.RotateSecret)
	if b.temper.Rotate != RotateNever && client.ManagePath != "" {
		b.renewToken(client)
	}
	c.effect = "updated client " + client.ID
	said := *client
	if b.temper.EchoOnUpdate {
		said.Metadata = maps.Clone(e.given)
	}
	return b.registered(http.StatusOK, &said, true)
}

// dropNulls reads null as left out (RFC 7592 §2.2).
func (b *bank) dropNulls(e *enrolment) *refusal {
	for name, value := range e.given {
		if value == nil {
			delete(e.given, name)
		}
	}
	return nil
}

// checkIdentity: client_id has to be there and right, a secret may be there if it is right (RFC 7592 §2.2).
func (b *bank) checkIdentity(e *enrolment) *refusal {
	if textOf(e.given, "client_id") != e.current.ID {
		return &refusal{status: http.StatusBadRequest, code: "invalid_request", description: "client_id has to be the client's own"}
	}
	value, sent := e.given["client_secret"]
	switch {
	case b.temper.SecretOnUpdate == "required" && !sent && e.current.Secret != "":
		return &refusal{status: http.StatusBadRequest, code: "invalid_request", description: "Missing parameter: client secret"}
	case b.temper.SecretOnUpdate == "refused" && sent:
		return &refusal{status: http.StatusForbidden, code: "invalid_request", description: "client_secret must not be sent"}
	}
	if sent {
		if text, _ := value.(string); !sameSecret(text, e.current.Secret) {
			return &refusal{status: http.StatusBadRequest, code: "invalid_request", description: "client_secret has to be the client's current one"}
		}
	}
	return nil
}

// remove is the client delete request (RFC 7592 §2.3); some servers answer as if they could not.
func (b *bank) remove(c *call) answer {
	client, refused := b.managed(c)
	if refused != nil {
		return *refused
	}
	if b.temper.DeleteStatus >= http.StatusBadRequest {
		return oauthError(b.temper.DeleteStatus, "unsupported_operation", "clients cannot be deleted here")
	}
	b.drop(client.ID)
	c.effect = "deleted client " + client.ID
	return emptyAnswer(b.temper.DeleteStatus)
}

func (b *bank) drop(id string) {
	delete(b.state.Clients, id)
	for i, known := range b.state.Order {
		if known == id {
			b.state.Order = append(b.state.Order[:i:i], b.state.Order[i+1:]...)
			return
		}
	}
}
