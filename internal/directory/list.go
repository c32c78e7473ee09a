package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	// maximumPages ends a listing whose server never does.
	maximumPages = 500
	// maximumListed bounds one answer with a list: applications come without pages, a
	// thousand or more at a time. maximumBytes bounds all pages of a list.
	maximumListed = 32 << 20
	maximumBytes  = 64 << 20
)

// list reads a complete list: a bare array, a JWK set, or pages. Lists that are bare
// arrays in one version of the API are pages in another, so all forms are read anywhere.
// Pages are counted from zero or from one, which the API does not say.
func list[T any](ctx context.Context, c *Client, address string) ([]T, error) {
	return listWithin[T](ctx, c, address, maximumBytes, false)
}

// listUnsaid is list for a directory that may page a bare array, of which the answer does
// not tell. One that does not page answers the same again, which takes up to two requests.
func listUnsaid[T any](ctx context.Context, c *Client, address string) ([]T, error) {
	return listWithin[T](ctx, c, address, maximumBytes, true)
}

// listWithin is list, or listUnsaid, with a bound, in bytes.
func listWithin[T any](ctx context.Context, c *Client, address string, most int, unsaid bool) ([]T, error) {
	all := []T{}
	var before []T
	taken, got := 0, 0
	for number := range maximumPages + 1 {
		pageURL := address
		if number > 0 {
			pageURL = fmt.Sprintf("%s?page=%d", address, number)
		}
		response, err := c.send(ctx, exchange{method: http.MethodGet, url: pageURL, accept: mediaJSON, retry: rest.RetrySafe, limit: maximumListed})
		if status := statusOf(err); unsaid && number > 0 && (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) {
			return all, nil // It knows no pages.
		}
		if err != nil {
			return nil, err
		}
		entries, pages, err := decodeList[T](response)
		if err != nil {
			return nil, err
		}
		array := unsaid && isArray(response)
		if array {
			pages = maximumPages
		}
		switch again := number > 0 && len(entries) > 0 && (reflect.DeepEqual(entries, before) || array && nothingNew(all, entries)); {
		case again && number == 1:
			continue
		case again && array:
			return all, nil
		case again:
			return nil, fmt.Errorf("the list at %s has %d pages, and the directory answers page %d like the one before it", address, pages, number)
		}
		if taken += len(response.Body); taken > most {
			return nil, fmt.Errorf("the list at %s is larger than %d MiB", address, most>>20)
		}
		before = entries
		all = append(all, entries...)
		if got++; got >= pages || len(entries) == 0 {
			return all, nil
		}
	}
	return nil, fmt.Errorf("the list at %s has more than %d pages", address, maximumPages)
}

// decodeList gives the entries of one answer, and how many pages there are in all.
func decodeList[T any](response *rest.Response) (entries []T, pages int, err error) {
	if isArray(response) {
		err = response.JSON(&entries)
		return entries, 1, err
	}
	var wrapped struct {
		Content    []T             `json:"content"`
		Keys       []T             `json:"keys"`
		TotalPages json.RawMessage `json:"totalPages"`
	}
	if err := response.JSON(&wrapped); err != nil {
		return nil, 0, err
	}
	if wrapped.Content == nil && wrapped.Keys == nil {
		return nil, 0, errors.New("the answer is neither a list nor a page of one")
	}
	var total int
	if json.Unmarshal(wrapped.TotalPages, &total) != nil {
		total = 1
	}
	return append(wrapped.Content, wrapped.Keys...), total, nil
}

// nothingNew reports whether all entries of a page came before, in whatever order: a directory that
// does not page may answer in another each time.
func nothingNew[T any](all, entries []T) bool {
	return !slices.ContainsFunc(entries, func(entry T) bool {
		return !slices.ContainsFunc(all, func(before T) bool { return reflect.DeepEqual(before, entry) })
	})
}

func isArray(response *rest.Response) bool {
	return bytes.HasPrefix(bytes.TrimSpace(response.Body), []byte("["))
}
