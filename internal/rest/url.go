package rest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// IsLoopback reports whether a URL points to this machine.
func IsLoopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && loopback(u.Hostname())
}

// IsInternal reports whether a URL names an address that only this machine or
// its own network can mean: localhost, or an address that is loopback, private
// (RFC 1918, RFC 4193), link-local or unspecified. Names are not looked up.
func IsInternal(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if bare, _, zoned := strings.Cut(host, "%"); zoned {
		host = bare
	}
	ip := net.ParseIP(host)
	// Resolvers read 127.1, 2130706433 and 0x7f.0.0.1 as addresses; no public name ends in a number.
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, numeric := strconv.ParseUint(last, 0, 64)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip == nil && numeric == nil || internal(ip)
}

// internal also takes the shared addresses of carriers (RFC 6598), "this
// network" (RFC 1122), multicast, and IPv4 addresses behind NAT64 (RFC 6052).
func internal(ip net.IP) bool {
	address, ok := netip.AddrFromSlice(ip)
	if !ok {
		return false
	}
	address = address.Unmap()
	if nat64 := netip.MustParsePrefix("64:ff9b::/96"); nat64.Contains(address) {
		bytes := address.As16()
		address = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	for _, prefix := range reserved() {
		if netip.MustParsePrefix(prefix).Contains(address) {
			return true
		}
	}
	return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() || address.IsUnspecified() || address.IsMulticast()
}

// reserved are ranges that lead nowhere on the open net (RFC 6890), or that a
// network translates into its own (RFC 8215, RFC 3056).
func reserved() []string {
	return []string{"100.64.0.0/10", "0.0.0.0/8", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b:1::/48", "2002::/16", "fec0::/10"}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Origin returns scheme://host:port of an absolute URL, normalised so that
// equal origins are equal strings (RFC 6454 §4).
func Origin(rawURL string) (string, error) {
	if err := CheckURL(rawURL); err != nil {
		return "", err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", errors.New("it is not a URL")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme) + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port), nil
}

// CheckURL accepts absolute https URLs without user information or fragment;
// plain http only for loopback addresses.
func CheckURL(rawURL string) error {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil:
		return errors.New("it is not a URL")
	case u.Host == "" || u.Hostname() == "":
		return errors.New("it is not an absolute URL")
	case u.User != nil:
		return errors.New("it carries user information")
	case u.Fragment != "":
		return errors.New("it has a fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("it is plain http, which is accepted for loopback addresses only")
	}
	return fmt.Errorf("its scheme is %q, not https", u.Scheme)
}

// printable is what an error may quote of a URL nobody has checked: one that
// cannot be read may hide a password anywhere.
func printable(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "…"
	}
	return bare(u)
}

// bare drops query and user information: neither belongs in logs and errors.
func bare(u *url.URL) string {
	c := *u
	c.RawQuery, c.Fragment, c.User = "", "", nil
	return c.String()
}
