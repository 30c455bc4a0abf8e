package cli

import (
	"os"
	"path/filepath"
	"testing"

	"assay.invalid/internal/assay"
)

func TestProfilesAreLeftForTheirOwner(t *testing.T) {
	at := t.TempDir()
	stop, err := startProfiles(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu.pprof", "allocs.pprof"} {
		info, err := os.Stat(filepath.Join(at, name))
		if err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestProfilesNeedADirectory(t *testing.T) {
	at := filepath.Join(t.TempDir(), "nowhere")
	if _, err := startProfiles(at); !assay.Is(err, assay.Invalid) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(at); !os.IsNotExist(err) {
		t.Errorf("the directory was made: %v", err)
	}
}
