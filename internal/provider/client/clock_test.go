package client_test

import (
	"sync"
	"time"
)

// movable is a clock that a test sets.
type movable struct {
	mu sync.Mutex
	at time.Time
}

// Now returns the clock's time.
func (m *movable) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *movable) set(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at
}
