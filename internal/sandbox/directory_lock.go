package sandbox

import (
	"net/http"
	"slices"
)

// lockRefuses lists what a locked application does not let through: all but added redirect URIs and the status.
func (s *Sandbox) lockRefuses(app *application, fields map[string]any, status string) []string {
	var broken []string
	names := sortedKeys(fields)
	for _, name := range sortedKeys(app.Fields) {
		if _, kept := fields[name]; !kept {
			names = append(names, name)
		}
	}
	for _, name := range names {
		before, after := app.Fields[name], fields[name]
		if sameJSON(before, after) || name == "RedirectUri" && !s.options.StrictLock && onlyAdds(textsOf(before), textsOf(after)) {
			continue
		}
		broken = append(broken, name+": the software statement is locked and this field cannot be changed")
	}
	if s.options.StrictLock && status != app.Status {
		broken = append(broken, "Status: the software statement is locked and this field cannot be changed")
	}
	return broken
}

// onlyAdds says whether every element of before is still in after.
func onlyAdds(before, after []string) bool {
	return !slices.ContainsFunc(before, func(uri string) bool { return !slices.Contains(after, uri) })
}

// unlockRefused is what a caller hears who may not unlock.
func (s *Sandbox) unlockRefused() answer {
	switch status := s.options.Directory.UnlockRefusedStatus; status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return s.gatewayError(status)
	default:
		return directoryErrors(status, "the software statement can be unlocked by a super user only")
	}
}

// unlock is the operation that policy, not the scope, decides about.
func (s *Sandbox) unlock(c *call, t *token, app *application) answer {
	request, err := decodeObject(c.body)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	if wanted, _ := request["Unlock"].(bool); !wanted {
		return directoryErrors(http.StatusBadRequest, "Unlock equal to true must be provided")
	}
	if !t.Administrator && s.options.UnlockAllowed != UnlockByAnyone {
		return s.unlockRefused()
	}
	if app.Status == statusInactive {
		return directoryErrors(http.StatusNotFound, "the software statement does not exist")
	}
	app.Locked = false
	c.effect = "unlocked application " + app.ID
	return jsonAnswer(http.StatusOK, s.view(app))
}
