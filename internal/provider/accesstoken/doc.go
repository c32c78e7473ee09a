// Package accesstoken is the ephemeral dcr_access_token: a token of the
// directory, or of a registered client, that rests nowhere.
package accesstoken
