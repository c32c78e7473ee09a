package conn

import "github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"

// Refused notes that the server refused a client in whose place another is registered.
func (j *Journal) Refused(clientID, uri string) {
	if j.files != nil {
		j.note(j.files.Refused(clientID, uri, j.now()))
	}
}

// Asking notes that a request about a client is about to be sent whose answer may have another token
// or secret. What it returns forgets that again. As long as neither that nor Heard or Read is called, the answer was lost,
// which a journal knows also if the process was killed.
func (j *Journal) Asking(m dcr.Management) (spared func()) {
	key := [2]string{m.URI, m.ClientID}
	j.mu.Lock()
	lost := j.asked[key]
	if j.asked == nil {
		j.asked = map[[2]string]bool{}
	}
	j.asked[key] = true
	j.mu.Unlock()
	if j.files != nil && m.URI != "" {
		before, err := j.files.Asking(m.ClientID, m.URI, j.now())
		j.wrote(err)
		lost = lost || before
	}
	return func() {
		if !lost {
			j.answered(m.ClientID, m.URI)
		}
	}
}

// answered ends what Asking began.
func (j *Journal) answered(clientID, uri string) {
	j.mu.Lock()
	delete(j.asked, [2]string{uri, clientID})
	j.mu.Unlock()
	if j.files != nil {
		j.note(j.files.Answered(clientID, uri))
	}
}

// Has reports whether the journal has something of a client.
func (j *Journal) Has(m dcr.Management) bool {
	_, has := j.Newest(m)
	return has
}

// Newer reports whether the journal has another registration access token of a client than the given.
func (j *Journal) Newer(m dcr.Management) bool {
	kept, has := j.Newest(m)
	return has && kept.RegistrationAccessToken != "" && kept.RegistrationAccessToken != m.Token.Reveal()
}

// Shut reports whether the journal has something of a client that cannot be read or opened.
func (j *Journal) Shut(m dcr.Management) bool {
	_, err := j.Kept(m)
	j.note(err)
	return err != nil
}

// Lost reports whether an answer about a client was lost that may have had another token: in this process,
// or, with a folder, in any.
func (j *Journal) Lost(m dcr.Management) bool {
	j.mu.Lock()
	lost := j.asked[[2]string{m.URI, m.ClientID}]
	j.mu.Unlock()
	if lost || j.files == nil {
		return lost
	}
	lost, err := j.files.Lost(m.ClientID, m.URI)
	j.note(err)
	return lost
}

// Read notes that the server lets a client be read.
func (j *Journal) Read(clientID, uri string) {
	j.answered(clientID, uri)
	if j.files != nil {
		j.note(j.files.Read(clientID, uri))
	}
}
