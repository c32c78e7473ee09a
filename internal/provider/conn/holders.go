package conn

import (
	"sync"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Holders knows which resources have which client, as far as this process was
// asked about them. The order in which Terraform reads and plans resources is
// not fixed, so whoever comes second is told what the first one is about to do.
type Holders struct {
	mu      sync.Mutex
	clients map[string]map[string]bool
	of      map[string]string
	// imports are the clients that registration access tokens were given for.
	imports map[rest.Secret]string
}

func newHolders() *Holders {
	return &Holders{clients: map[string]map[string]bool{}, of: map[string]string{}, imports: map[rest.Secret]string{}}
}

// Claims reports whether a registration access token that was given for an import may be
// used at a URI: the first one has it.
func (h *Holders) Claims(token rest.Secret, uri string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	first, used := h.imports[token]
	if !used {
		h.imports[token] = uri
	}
	return !used || first == uri
}

// Sharing is what is known of the other resources that have the same client.
type Sharing struct {
	// Others is set when there is one.
	Others bool
	// Leaving is set when one of them is about to remove the client.
	Leaving bool
}

// Stays records that the named resource has the client that is managed at a URI.
// A process may ask more than once for a resource: terraform test, since
// Terraform 1.13, has one for all runs of a file.
func (h *Holders) Stays(uri, clientID, resource string) Sharing {
	return h.note(uri+"\x00"+clientID, resource, false)
}

// Leaves is Stays of a resource that is about to remove its client.
func (h *Holders) Leaves(uri, clientID, resource string) Sharing {
	return h.note(uri+"\x00"+clientID, resource, true)
}

// LeavesAgain is Leaves of a resource of which only the name is known: the half
// of a replacement that makes the new object is told no more of the old one.
func (h *Holders) LeavesAgain(resource string) Sharing {
	h.mu.Lock()
	key, known := h.of[resource]
	h.mu.Unlock()
	if !known {
		return Sharing{}
	}
	return h.note(key, resource, true)
}

// Held reports whether this process was asked about a resource that has a client.
func (h *Holders) Held(uri, clientID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients[uri+"\x00"+clientID]) > 0
}

// Removed forgets a client that is gone.
func (h *Holders) Removed(uri, clientID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := uri + "\x00" + clientID
	for resource := range h.clients[key] {
		delete(h.of, resource)
	}
	delete(h.clients, key)
}

func (h *Holders) note(key, resource string, leaving bool) Sharing {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clients[key] == nil {
		h.clients[key] = map[string]bool{}
	}
	// A refresh comes before the plan, and says nothing against what was planned.
	h.clients[key][resource] = h.clients[key][resource] || leaving
	h.of[resource] = key
	var found Sharing
	for other, leaves := range h.clients[key] {
		if other != resource {
			found.Others, found.Leaving = true, found.Leaving || leaves
		}
	}
	return found
}
