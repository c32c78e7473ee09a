package certificate

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Generated mends a configuration that Terraform writes for a certificate: one
// that the directory issued is not given to it. What made it is not known, so the
// configuration has the provider make the next one, with a key of the same kind;
// the present one stays until then.
func Generated(config map[string]tftypes.Value) {
	given := fw.TextOf(config, "certificate_pem")
	if given == "" || fw.TextOf(config, "type") == typeExternal {
		return
	}
	object, ok := config["private_key"].Type().(tftypes.Object)
	if !ok {
		return
	}
	algorithm, size := "RSA", tftypes.NewValue(tftypes.Number, nil)
	switch key := certified(given).(type) {
	case *ecdsa.PublicKey:
		algorithm = "ECDSA"
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits > 2048 && bits <= 8192 {
			size = tftypes.NewValue(tftypes.Number, big.NewFloat(float64(bits)))
		}
	}
	fw.LeaveOut(config, "certificate_pem")
	config["private_key"] = tftypes.NewValue(object, map[string]tftypes.Value{"algorithm": tftypes.NewValue(tftypes.String, algorithm), "rsa_bits": size})
}
