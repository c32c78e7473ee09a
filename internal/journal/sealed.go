package journal

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Sealer encrypts what rests in the journal's files. Open returns what is not
// sealed as it is, so that sealing can begin and end at any time.
type Sealer interface {
	Seal(plain string) (string, error)
	Open(sealed string) (string, error)
	// Current reports whether a text is as Seal leaves it by now.
	Current(text string) bool
}

// unsealed seals nothing.
type unsealed struct{}

// Seal implements Sealer.
func (unsealed) Seal(plain string) (string, error) { return plain, nil }

// Open implements Sealer.
func (unsealed) Open(sealed string) (string, error) { return sealed, nil }

// Current implements Sealer.
func (unsealed) Current(string) bool { return true }

// sealing seals what is not shut.
func (e Entry) sealing(sealer Sealer) func(string) (string, error) {
	return func(secret string) (string, error) {
		if slices.Contains(e.shut, secret) {
			return secret, nil
		}
		return sealer.Seal(secret)
	}
}

// shuts are those of an entry's secrets, as it is on disk, that cannot be opened.
func (e Entry) shuts(sealer Sealer) (shut []string) {
	for _, secret := range []string{e.ClientSecret, e.RegistrationAccessToken} {
		if _, err := sealer.Open(secret); err != nil && secret != "" {
			shut = append(shut, secret)
		}
	}
	return shut
}

// stale reports whether a secret of an entry, as it is on disk, is to be written
// anew: in clear since before sealing, or with an earlier key.
func (e Entry) stale(sealer Sealer) bool {
	for _, secret := range []string{e.ClientSecret, e.RegistrationAccessToken, e.metadata()} {
		if secret != "" && !sealer.Current(secret) {
			return true
		}
	}
	return false
}

// metadata is what rests of the metadata: sealed, it is a JSON string.
func (e Entry) metadata() string {
	var sealed string
	if json.Unmarshal(e.Metadata, &sealed) == nil && sealed != "" {
		return sealed
	}
	return string(e.Metadata)
}

// secrets puts every secret of an entry through a function. The metadata is one,
// too: servers put secrets into members nobody knows. Sealed, it is a JSON string.
func (e *Entry) secrets(change func(string) (string, error)) (err error) {
	for _, secret := range []*string{&e.ClientSecret, &e.RegistrationAccessToken} {
		if *secret == "" {
			continue
		}
		if *secret, err = change(*secret); err != nil {
			return err
		}
	}
	if len(e.Metadata) == 0 {
		return nil
	}
	text, err := change(e.metadata())
	if err != nil {
		return err
	}
	if e.Metadata = json.RawMessage(text); !json.Valid(e.Metadata) {
		if e.Metadata, err = json.Marshal(text); err != nil {
			return fmt.Errorf("write the metadata: %w", err)
		}
	}
	return nil
}
