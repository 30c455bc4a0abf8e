package probe

import "assay.invalid/internal/scorecard"

// RootAddress is where the subject's TUF root is: as it states, else at the
// usual place. Stated says which.
func RootAddress(b *scorecard.Bench) (address string, stated bool, err error) {
	places, stated, err := Places(b, "root", "/tuf/root.json")
	if err != nil {
		return "", false, err
	}
	return places[0], stated, nil
}
