package dcr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Difference is what a merge patch (RFC 7396) says to make the one document the
// other: members that differ, and null for those that are to go.
func Difference(before, after Metadata) Metadata {
	out := Metadata{}
	for name, value := range after {
		if bytes.Equal(canonical(before[name]), canonical(value)) {
			continue
		}
		out[name] = value
		// A server merges objects, so what is gone from within one has to be said as well.
		if was, is := object(before[name]), object(value); was != nil && is != nil {
			out.Set(name, Difference(was, is))
		}
	}
	for name := range before {
		if _, stays := after[name]; !stays {
			out[name] = json.RawMessage("null")
		}
	}
	return out
}

// Whole is a merge patch (RFC 7396) that says all of a document, whatever the server has: every member, and
// null for what another document has that is to go, also from within objects.
func Whole(before, after Metadata) Metadata {
	out := Metadata{}
	for name, value := range after {
		out[name] = value
		if was, is := object(before[name]), object(value); was != nil && is != nil {
			out.Set(name, Whole(was, is))
		}
	}
	for name := range before {
		if _, stays := after[name]; !stays {
			out[name] = json.RawMessage("null")
		}
	}
	return out
}

// object reads a JSON object; nil is anything else.
func object(raw json.RawMessage) Metadata {
	var out Metadata
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// Amend changes some members of a registration by PATCH, for servers that update
// so. RFC 7592 knows no such operation; the body is a merge patch (RFC 7396) with
// the changes and nothing else. Servers that do take it mostly expect plain JSON,
// so that is what it is called first; a server that says no to that, having done
// nothing, is sent the same under its proper name.
func (c *Client) Amend(ctx context.Context, m Management, changes Metadata) (*Registration, error) {
	body, err := encode(changes)
	if err != nil {
		return nil, fmt.Errorf("the client metadata cannot be encoded: %w", err)
	}
	var resp *rest.Response
	for _, media := range []string{"application/json", "application/merge-patch+json"} {
		resp, err = c.ask(ctx, m, rest.Request{Method: http.MethodPatch, ContentType: media, Body: body, Mask: secretsOf(changes)})
		var status *rest.StatusError
		if !errors.As(err, &status) || status.Status != http.StatusUnsupportedMediaType {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return c.answered(resp, m)
}

// answered reads the answer to an update. One without a body is Empty.
func (c *Client) answered(resp *rest.Response, m Management) (*Registration, error) {
	if len(bytes.TrimSpace(resp.Body)) == 0 {
		reg := &Registration{Status: resp.Status, Empty: true}
		c.options.Heard(m, reg)
		return reg, nil
	}
	return c.decode(resp, m)
}
