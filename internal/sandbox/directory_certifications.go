package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"time"
)

var certificationDatePattern = regexp.MustCompile(`^[0-3][0-9]/[0-1][0-9]/2([0-9]{3})$`)

func (s *Sandbox) listCertifications(_ *call, _ *token, app *application) answer {
	list := []any{}
	for _, certification := range app.Certifications {
		list = append(list, certification)
	}
	return jsonAnswer(http.StatusOK, list)
}

func (app *application) certificationIndex(c *call) int {
	id := c.request.PathValue("SoftwareStatementCertificationId")
	return slices.IndexFunc(app.Certifications, func(known map[string]any) bool { return known["CertificationId"] == id })
}

func (s *Sandbox) readCertification(c *call, _ *token, app *application) answer {
	i := app.certificationIndex(c)
	if i < 0 {
		return directoryErrors(http.StatusNotFound, "the certification does not exist")
	}
	return jsonAnswer(http.StatusOK, app.Certifications[i])
}

func (s *Sandbox) addCertification(c *call, _ *token, app *application) answer {
	certification, refused := readCertificationRequest(c)
	if refused != nil {
		return *refused
	}
	twin := slices.ContainsFunc(app.Certifications, func(known map[string]any) bool {
		return known["ProfileType"] == certification["ProfileType"] && known["ProfileVariant"] == certification["ProfileVariant"] &&
			sameJSON(known["ProfileVersion"], certification["ProfileVersion"])
	})
	if twin {
		return directoryErrors(http.StatusConflict, "the software statement has this certification already")
	}
	certification["CertificationId"] = newUUID()
	certification["SoftwareStatementId"] = app.ID
	app.Certifications = append(app.Certifications, certification)
	c.effect = "added certification to application " + app.ID
	return jsonAnswer(http.StatusCreated, certification)
}

func (s *Sandbox) replaceCertification(c *call, _ *token, app *application) answer {
	i := app.certificationIndex(c)
	if i < 0 {
		return directoryErrors(http.StatusNotFound, "the certification does not exist")
	}
	certification, refused := readCertificationRequest(c)
	if refused != nil {
		return *refused
	}
	certification["CertificationId"] = app.Certifications[i]["CertificationId"]
	certification["SoftwareStatementId"] = app.ID
	app.Certifications[i] = certification
	c.effect = "updated certification of application " + app.ID
	return jsonAnswer(http.StatusOK, certification)
}

func (s *Sandbox) deleteCertification(c *call, _ *token, app *application) answer {
	i := app.certificationIndex(c)
	if i < 0 {
		return directoryErrors(http.StatusNotFound, "the certification does not exist")
	}
	app.Certifications = slices.Delete(app.Certifications, i, i+1)
	c.effect = "deleted certification of application " + app.ID
	return emptyAnswer(http.StatusNoContent)
}

// readCertificationRequest checks a SoftwareStatementCertificationRequest.
func readCertificationRequest(c *call) (map[string]any, *answer) {
	request, err := decodeObject(c.body)
	if err != nil {
		refused := directoryErrors(http.StatusBadRequest, err.Error())
		return nil, &refused
	}
	out := map[string]any{}
	var broken []string
	for _, name := range []string{"ProfileType", "ProfileVariant", "CertificationURI", "Status", "CertificationStartDate"} {
		value, given := request[name]
		if !given || value == nil {
			continue
		}
		text, isText := value.(string)
		if !isText || !certificationTextFits(name, text) {
			broken = append(broken, name+": is not valid")
			continue
		}
		out[name] = text
	}
	if value := request["ProfileVersion"]; value != nil {
		if number, isNumber := value.(json.Number); isNumber {
			out["ProfileVersion"] = number
		} else {
			broken = append(broken, "ProfileVersion: must be a number")
		}
	}
	if len(broken) > 0 {
		refused := directoryErrors(http.StatusBadRequest, broken...)
		return nil, &refused
	}
	addExpiration(out)
	return out, nil
}

func certificationTextFits(name, text string) bool {
	switch name {
	case "CertificationURI":
		return len(text) <= 500 && len(text) > len("https://") && text[:len("https://")] == "https://"
	case "Status":
		return isOneOf(text, "Awaiting Certification", "Certified", "Deprecated", "Rejected", "Self-Certified")
	case "CertificationStartDate":
		return certificationDatePattern.MatchString(text)
	default:
		return text != ""
	}
}

// addExpiration: a certification holds for one year.
func addExpiration(certification map[string]any) {
	start, err := time.Parse("02/01/2006", textOf(certification, "CertificationStartDate"))
	if err == nil {
		certification["CertificationExpirationDate"] = start.AddDate(1, 0, 0).Format("02/01/2006")
	}
}

// Certifications returns the certifications of an application.
func (d *Directory) Certifications(id string) []map[string]any {
	var out []map[string]any
	_ = d.change(id, func(app *application) error {
		for _, certification := range app.Certifications {
			out = append(out, cloneObject(certification))
		}
		return nil
	})
	return out
}

// EditCertifications changes the certifications of an application past every rule; an edit
// that returns false removes one.
func (d *Directory) EditCertifications(id string, edit func(map[string]any) bool) error {
	return d.change(id, func(app *application) error {
		app.Certifications = slices.DeleteFunc(app.Certifications, func(certification map[string]any) bool { return !edit(certification) })
		return nil
	})
}
