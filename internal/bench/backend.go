package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// backend is a state backend on loopback. The local one writes the whole state at
// every change, which takes longer than everything that is measured here.
func backend() *httptest.Server {
	var mu sync.Mutex
	states := map[string][]byte{}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch r.Method {
		case http.MethodGet:
			state, ok := states[r.URL.Path]
			if !ok {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			_, _ = w.Write(state)
		case http.MethodPost:
			state, err := io.ReadAll(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			states[r.URL.Path] = state
		}
	}))
}
