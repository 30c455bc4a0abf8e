package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

// byteSize is a number of bytes as a flag: 20GB, 512MiB, 1000000.
type byteSize int64

// units are the ones people write; those with an i are powers of 1024.
var units = map[string]int64{
	"": 1, "b": 1,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// Set implements pflag.Value.
func (s *byteSize) Set(text string) error {
	number := strings.TrimRight(text, "kKmMgGtTiIbB ")
	unit := strings.ToLower(strings.TrimSpace(text[len(number):]))
	n, err := strconv.ParseInt(number, 10, 64)
	size, ok := units[unit]
	if err != nil || !ok || n < 0 {
		return assay.Errorf(assay.Invalid, "%q is no size: write 20GB, 512MiB or a number of bytes", text)
	}
	if n > math.MaxInt64/size {
		return assay.Errorf(assay.Invalid, "%q is larger than any disk", text)
	}
	*s = byteSize(n * size)
	return nil
}

// String implements pflag.Value; it writes what Set reads.
func (s *byteSize) String() string {
	for _, unit := range []string{"TB", "GB", "MB", "kB"} {
		if size := units[strings.ToLower(unit)]; int64(*s) >= size && int64(*s)%size == 0 {
			return fmt.Sprintf("%d%s", int64(*s)/size, unit)
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Type implements pflag.Value.
func (s *byteSize) Type() string { return "size" }
