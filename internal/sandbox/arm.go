package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// Arm is Inject for faults that a person wrote: one that could never strike, because
// no server has its route or there is no such server, is refused, and so are all with it.
func (s *Sandbox) Arm(faults ...Fault) error {
	routes, servers := s.servedRoutes(), s.serverNames()
	for _, fault := range faults {
		if fault.Route != "" && !slices.Contains(routes, fault.Route) {
			return fmt.Errorf("sandbox: no server has the route %q; the routes, as the history shows them, are:\n%s", fault.Route, strings.Join(routes, "\n"))
		}
		if fault.Server != "" && !slices.Contains(servers, fault.Server) {
			return fmt.Errorf("sandbox: there is no server %q; the servers are %s", fault.Server, strings.Join(servers, ", "))
		}
	}
	s.Inject(faults...)
	return nil
}

// servedRoutes are the canonical names of all routes.
func (s *Sandbox) servedRoutes() []string {
	routes := []string{routeRegister, routeFetch, routeReplace, routePatch, routeRemove, routeToken, routeKeys, routeOpenID, routeOAuth}
	routes = append(routes, s.canonical...)
	slices.Sort(routes)
	return slices.Compact(routes)
}

func (s *Sandbox) serverNames() []string {
	names := []string{hostDirectory, hostAuth, hostKeystore, hostParticipants}
	for _, b := range s.banks {
		names = append(names, b.name)
	}
	return names
}
