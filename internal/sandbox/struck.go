package sandbox

// Armed returns the faults that are still to come, with what is left of their Skip and Times.
func (s *Sandbox) Armed() []Fault { return s.faults.list() }

// turned remembers why a registration request was turned down.
func (c *call) turned(refused *refusal) answer {
	c.refused = refused.description
	return refused.answer()
}
