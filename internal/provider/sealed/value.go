package sealed

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// text is a secret as Terraform has it, and what it holds.
type text struct{ raw, plain string }

// closed reports whether it is sealed with a key that is not there.
func (t text) closed() bool { return t.raw == t.plain && seal.Is(t.raw) }

// texts are the known secrets of one value, by path.
type texts map[string]text

// problem is a secret that could not be opened.
type problem struct {
	path *tftypes.AttributePath
	raw  string
	err  error
}

// codec opens and seals the values of one schema.
type codec struct {
	ring    *seal.Ring
	secrets secrets
}

// each replaces every known secret of a value by what change makes of it, which is unknown
// where change returns nil.
func (c codec) each(value tftypes.Value, change func(path *tftypes.AttributePath, computed bool, text string) (*string, error)) (tftypes.Value, error) {
	out, err := tftypes.Transform(value, func(path *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		computed, secret := c.secrets.at(path)
		if !secret || !v.IsKnown() || v.IsNull() || !v.Type().Is(tftypes.String) {
			return v, nil
		}
		var old string
		if err := v.As(&old); err != nil {
			return v, fmt.Errorf("%s: %w", path, err)
		}
		changed, err := change(path, computed, old)
		switch {
		case err != nil:
			return v, fmt.Errorf("%s: %w", path, err)
		case changed == nil:
			return tftypes.NewValue(tftypes.String, tftypes.UnknownValue), nil
		case *changed == old:
			return v, nil
		}
		return tftypes.NewValue(tftypes.String, *changed), nil
	})
	if err != nil {
		return value, fmt.Errorf("go through the secrets of a value: %w", err)
	}
	return out, nil
}

// open opens every secret. One that only a private key opens, which is not
// there, stays as it is, so that whoever needs it can say so.
func (c codec) open(value tftypes.Value) (tftypes.Value, texts, []problem, error) {
	found, problems := texts{}, []problem(nil)
	out, err := c.each(value, func(path *tftypes.AttributePath, _ bool, raw string) (*string, error) {
		plain, err := c.ring.Open(raw)
		if err != nil {
			problems = append(problems, problem{path: path, raw: raw, err: err})
			plain = raw
		}
		found[path.String()] = text{raw: raw, plain: plain}
		return &plain, nil
	})
	return out, found, problems, err
}

// blank makes unknown what is sealed, for validation before there are keys.
func (c codec) blank(value tftypes.Value) (tftypes.Value, error) {
	return c.each(value, func(_ *tftypes.AttributePath, _ bool, raw string) (*string, error) {
		plain, err := c.ring.Open(raw)
		if err != nil {
			return nil, nil //nolint:nilerr,nilnil // Whether it opens is for the call that uses it.
		}
		return &plain, nil
	})
}

// errNeverClear is returned instead of a value that should be sealed and cannot.
var errNeverClear = errors.New("it could not be sealed")

// seal is the way back to Terraform: choose gives the form in which a plain secret leaves.
func (c codec) seal(value tftypes.Value, choose func(path string, computed bool, plain string) (string, error)) (tftypes.Value, error) {
	return c.each(value, func(path *tftypes.AttributePath, computed bool, plain string) (*string, error) {
		out, err := choose(path.String(), computed, plain)
		if err != nil {
			return nil, errors.Join(errNeverClear, err)
		}
		return &out, nil
	})
}

// afterRead keeps what is in state as it is, as long as it holds the same and
// is sealed as it should be: an unchanged secret is not sealed anew, but gets the
// form that another resource has of it. What the configuration gave in clear is
// sealed here, too.
func (c codec) afterRead(before texts) func(string, bool, string) (string, error) {
	return func(path string, _ bool, plain string) (string, error) {
		if old, had := before[path]; had && old.plain == plain && (old.closed() || !c.ring.Seals() && c.ring.Current(old.raw)) {
			return old.raw, nil
		}
		return c.ring.SealAlways(plain)
	}
}

// afterPlan keeps what is in state, or else in the configuration, which is all
// that Terraform accepts for what the configuration gives. Another form of the
// same secret is no change.
func (c codec) afterPlan(config, before texts) func(string, bool, string) (string, error) {
	return func(path string, computed bool, plain string) (string, error) {
		for _, known := range []texts{before, config} {
			if old, ok := known[path]; ok && old.plain == plain {
				return old.raw, nil
			}
		}
		if !computed {
			return plain, nil
		}
		return c.ring.SealAlways(plain)
	}
}

// afterApply keeps what was planned, and what was before if an update failed.
func (c codec) afterApply(planned, before texts) func(string, bool, string) (string, error) {
	return func(path string, _ bool, plain string) (string, error) {
		for _, known := range []texts{planned, before} {
			if old, ok := known[path]; ok && old.plain == plain {
				return old.raw, nil
			}
		}
		return c.ring.SealAlways(plain)
	}
}

// ephemeral gives the configuration back as it was, and results in clear: they
// rest nowhere.
func ephemeral(config texts) func(string, bool, string) (string, error) {
	return func(path string, computed bool, plain string) (string, error) {
		if given, ok := config[path]; ok && !computed {
			return given.raw, nil
		}
		return plain, nil
	}
}
