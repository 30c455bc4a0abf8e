package driver_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the assay that the tests start.
var binary string

// TestMain builds it once; go keeps what it built before.
func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "assay-driver-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "assay")
	if out, err := exec.Command("go", "build", "-o", binary, "assay.invalid/cmd/assay").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building assay: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
