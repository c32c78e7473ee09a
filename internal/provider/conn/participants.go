package conn

import (
	"context"
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Participants reads the public list of participants, once for the life of the
// provider process: the list is large, and several data sources filter it. It
// needs participants_url and no other directory attribute. Its errors before
// the request are *MissingError, *UnknownError and *CredentialError; failures
// are not kept.
func (c *Conn) Participants(ctx context.Context) ([]directory.Participant, error) {
	if known := c.knownParticipants(); known != nil {
		return known, nil
	}
	if err := c.settings.checkParticipants(); err != nil {
		return nil, err
	}
	// The list is public. A client certificate would only be one more thing that can be missing.
	client, err := c.HTTP(rest.Identity{CACertificatesPEM: c.settings.Identity.CACertificatesPEM}, OwnerDirectory)
	if err != nil {
		return nil, err
	}
	flight := c.listing.DoChan("participants", func() (any, error) {
		if known := c.knownParticipants(); known != nil {
			return known, nil // Read between the caller's look and this.
		}
		list, err := directory.Participants(context.WithoutCancel(ctx), client, c.settings.ParticipantsURL)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.participants = list
		return list, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-flight:
		list, _ := result.Val.([]directory.Participant)
		return list, result.Err
	}
}

func (c *Conn) knownParticipants() []directory.Participant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.participants
}

func (s DirectorySettings) checkParticipants() error {
	if !s.Configured {
		return &MissingError{Attributes: []string{"participants_url"}}
	}
	var unknown []string
	for _, name := range s.Unknown {
		needed := slices.Contains([]string{"*", "ca_certificates_pem", "participants_url"}, name)
		if needed || name == "ecosystem" && s.ParticipantsURL == "" {
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(unknown) > 0:
		return &UnknownError{Owner: OwnerDirectory, Attributes: unknown}
	case s.ParticipantsURL == "":
		return &MissingError{Attributes: []string{"participants_url"}}
	}
	return nil
}
