package directory

import "sort"

// Deployment is where the parts of one known directory are.
type Deployment struct {
	APIURL, Issuer, KeystoreURL, ParticipantsURL string
}

// Ecosystem returns the deployment of a known ecosystem.
func Ecosystem(name string) (Deployment, bool) {
	d, ok := deployments()[name]
	return d, ok
}

// Ecosystems lists the names of known ecosystems.
func Ecosystems() []string {
	known := deployments()
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// deployments is a table because host patterns are not uniform: some put the
// environment before the word directory, some after it.
func deployments() map[string]Deployment {
	return map[string]Deployment{
		"open_finance_brasil":           deployment("directory.openbankingbrasil.org.br"),
		"open_finance_brasil_sandbox":   deployment("sandbox.directory.openbankingbrasil.org.br"),
		"open_insurance_brasil":         deployment("directory.opinbrasil.com.br"),
		"open_insurance_brasil_sandbox": deployment("sandbox.directory.opinbrasil.com.br"),
		"connectid":                     deployment("directory.connectid.com.au"),
		"connectid_sandbox":             deployment("directory.sandbox.connectid.com.au"),
		"al_tareq":                      deployment("directory.openfinance.ae"),
		"al_tareq_sandbox":              deployment("sandbox.directory.openfinance.ae"),
		"raidiam_connect_sandbox":       deployment("sandbox.raidiam.io"),
	}
}

func deployment(host string) Deployment {
	return Deployment{
		APIURL:          "https://matls-api." + host,
		Issuer:          "https://auth." + host,
		KeystoreURL:     "https://keystore." + host,
		ParticipantsURL: "https://data." + host + "/participants",
	}
}
