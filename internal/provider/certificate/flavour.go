package certificate

// flavour is what one of the resources is about.
type flavour struct {
	// name is the resource's type name without that of the provider.
	name string
	// noun is what diagnostics call it.
	noun string
	// types are the types that are offered; the first is the default.
	types []string
	// open flavours take other types too, which deployments may have.
	open bool
	// bare flavours upload a public key, of which no certificate is issued.
	bare bool
	// description begins the documentation.
	description string
}

func transport() flavour {
	return flavour{
		name: "transport_certificate", noun: "certificate", open: true, types: []string{"rtstransport", typeBrazil, typeBrazil2022, typeExternal},
		description: "A certificate that the directory issues to an application, with which it is recognised in mutual TLS by the directory and by every authorization server.",
	}
}

func signing() flavour {
	return flavour{
		name: "signing_certificate", noun: "certificate", open: true, types: []string{"rtssigning"},
		description: "A certificate that the directory issues to an application for the key with which it signs: client assertions, request objects and messages. The keystore publishes it at the application's `jwks_uri`.",
	}
}

func publicKey() flavour {
	return flavour{
		name: "public_key", noun: "key", bare: true, types: []string{"sigkey", "enckey"},
		description: "A public key of an application that the directory publishes in the keystore without issuing a certificate for it: one to verify its signatures with, or one to encrypt for it.",
	}
}

const (
	typeBrazil     = "brcac"
	typeBrazil2022 = "brcac_2022"
	typeExternal   = "brcac_ext"
)

// input is the attribute that a user uploads by, if the provider does not make the key.
func (f flavour) input() string {
	if f.bare {
		return "public_key_pem"
	}
	return "csr_pem"
}
