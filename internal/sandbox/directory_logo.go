package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"image"
	_ "image/gif"  // The directory takes GIF,
	_ "image/jpeg" // JPEG
	_ "image/png"  // and PNG logos.
	"net/http"
	"strings"
)

const placeholderLogo = "placeholder"

// logo is one re-hosted image.
type logo struct {
	Type string `json:"type"`
	Data []byte `json:"data"`
}

// hostLogo replaces a data URI by the URL under which the directory serves the image from now on.
func (s *Sandbox) hostLogo(fields map[string]any) []string {
	rest, isData := strings.CutPrefix(textOf(fields, "LogoUri"), "data:image/")
	if !isData {
		return nil
	}
	declared, encoded, _ := strings.Cut(rest, ";base64,")
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return s.placeLogo(fields, "IMAGE_VALIDATION_FAILURE_BAD_DATA_ENCODING_PLACEHOLDER_USED")
	}
	if !isOneOf(strings.ToLower(declared), "png", "jpeg", "jpg", "gif") {
		return s.placeLogo(fields, "IMAGE_VALIDATION_FAILURE_UNSUPPORTED_IMAGE_FORMAT_PLACEHOLDER_USED")
	}
	shape, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return s.placeLogo(fields, "IMAGE_VALIDATION_CONTENT_FAILURE_PLACEHOLDER_USED")
	}
	if shape.Width > 4096 || shape.Height > 4096 {
		return s.placeLogo(fields, "IMAGE_VALIDATION_DIMENSIONS_FAILURE_PLACEHOLDER_USED")
	}
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:8])
	s.state.Logos[name] = logo{Type: "image/" + format, Data: data}
	fields["LogoUri"] = s.urls.data + "/logos/" + name + ".png"
	return nil
}

func (s *Sandbox) placeLogo(fields map[string]any, warning string) []string {
	fields["LogoUri"] = s.urls.data + "/logos/" + placeholderLogo + ".png"
	return []string{warning}
}

// smallestPNG is a transparent image of one pixel.
const smallestPNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

func (s *Sandbox) serveLogo(c *call) answer {
	name := strings.TrimSuffix(c.request.PathValue("File"), ".png")
	if held, ok := s.state.Logos[name]; ok {
		return typedAnswer(http.StatusOK, held.Type, held.Data)
	}
	if name != placeholderLogo {
		return directoryErrors(http.StatusNotFound, "no such logo")
	}
	data, err := base64.StdEncoding.DecodeString(smallestPNG)
	if err != nil {
		return directoryErrors(http.StatusInternalServerError, "the placeholder is broken")
	}
	return typedAnswer(http.StatusOK, "image/png", data)
}
