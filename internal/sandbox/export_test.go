package sandbox

// DirectoryRoutes are the routes of the directory, for tests.
func (s *Sandbox) DirectoryRoutes() []string { return sortedKeys(s.directoryRoutes()) }
