package main

import (
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/insight/names"
)

// writeWeights prints internal/insight/names/weights.go.
func writeWeights(out io.Writer, m linear) error {
	var b strings.Builder
	b.WriteString("package names\n\n// What follows is printed by 'go run ./bench/names -fit', which has the labelled\n// names that it comes from; a test there says when it is stale.\n\n")
	fmt.Fprintf(&b, "const bias = %.2f\n\n// weights are how much each number of the evidence says.\nvar weights = [signals]float64{\n", m.bias)
	for i, name := range names.SignalNames() {
		fmt.Fprintf(&b, "%.2f, // %s\n", m.weights[i], name)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(out, b.String())
	return err
}
