package tlog

import (
	"encoding/binary"

	"assay.invalid/internal/assay"
)

// Width is how many hashes a full tile, and how many entries a full bundle,
// holds.
const Width = 256

// MaxEntry is the length of an entry in bytes, at the most: what the length
// prefix of a bundle can say.
const MaxEntry = 1<<16 - 1

// AppendEntry appends an entry to a bundle, with its big-endian length
// before it. An entry over MaxEntry is TooLarge.
func AppendEntry(bundle, entry []byte) ([]byte, error) {
	if len(entry) > MaxEntry {
		return nil, assay.Errorf(assay.TooLarge, "a log entry has %d bytes; at most %d fit into a bundle", len(entry), MaxEntry)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...), nil
}

// ParseBundle returns a bundle's entries, which share its memory. A bundle
// that ends early or holds more than Width entries is Invalid.
func ParseBundle(bundle []byte) ([][]byte, error) {
	var entries [][]byte
	for len(bundle) > 0 {
		if len(entries) == Width {
			return nil, assay.Errorf(assay.Invalid, "the entry bundle holds more than %d entries", Width)
		}
		if len(bundle) < 2 {
			return nil, assay.Errorf(assay.Invalid, "the entry bundle ends within a length")
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if bundle = bundle[2:]; len(bundle) < n {
			return nil, assay.Errorf(assay.Invalid, "the entry bundle ends within an entry")
		}
		entries = append(entries, bundle[:n:n])
		bundle = bundle[n:]
	}
	return entries, nil
}

// CutBundle returns the first width entries of a bundle, as a bundle: what
// a narrower partial bundle holds. It is Invalid if there are not so many.
func CutBundle(bundle []byte, width int) ([]byte, error) {
	rest := bundle
	for range width {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, assay.Errorf(assay.Invalid, "the entry bundle holds fewer than %d entries", width)
		}
		rest = rest[2+int(binary.BigEndian.Uint16(rest)):]
	}
	return bundle[:len(bundle)-len(rest)], nil
}
