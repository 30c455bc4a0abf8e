package endtoend_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// auditor is the log checker of another project, which knows nothing of
// Assay and everything of the formats. It is built through the Go module
// proxy into a directory of its own, so that it is no dependency of ours.
const auditor = "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4"

// Somebody else's tool reads the log, from the files of the data directory
// and from the server, and finds what was changed in it.
func TestAnotherProjectsAuditorReadsTheLog(t *testing.T) {
	tools := t.TempDir()
	built := execute(t, tools, append(os.Environ(), "GOBIN="+tools, "GOFLAGS=-buildvcs=false", "GOWORK=off"), "go", "install", auditor)
	if built.code != 0 {
		t.Fatalf("the auditor cannot be built:\n%s", built.out)
	}
	a, token := newVault(t)
	newPublisher(t, a, token).publishes(t, "1.2.0")
	key := filepath.Join(tools, "log.pub")
	must(t, os.WriteFile(key, []byte(strings.TrimSpace(a.stdout("log", "key"))+"\n"), 0o600))
	admin := strings.TrimSpace(a.stdout("token", "create", "--admin"))
	// It ends with status 0 even when it has found something, so its words
	// count.
	audit := func(address string, more ...string) (accepted bool, words string) {
		arguments := append([]string{"--ui=false", "--storage_url=" + address, "--public_key=" + key}, more...)
		r := execute(t, tools, os.Environ(), filepath.Join(tools, "fsck"), arguments...)
		return r.code == 0 && strings.Contains(r.out, "Successfully fsck'd log with size") && !strings.Contains(r.out, "failed"), r.out
	}
	files := filepath.Join(a.data, "log")
	if ok, words := audit("file://" + files + "/"); !ok {
		t.Errorf("the auditor does not accept the files:\n%s", words)
	}
	if ok, words := audit(a.base+"log/", "--bearer_token="+admin); !ok {
		t.Errorf("the auditor does not accept what the server serves:\n%s", words)
	}
	if ok, words := audit(a.base + "log/"); ok || !mentions(words, 401) {
		t.Errorf("the auditor read the log without a token:\n%s", words)
	}
	// One bit of one entry, in a copy.
	changed := filepath.Join(t.TempDir(), "log")
	must(t, os.CopyFS(changed, os.DirFS(files)))
	bundles, err := filepath.Glob(filepath.Join(changed, "tile", "entries", "*", "*"))
	must(t, err)
	if len(bundles) == 0 {
		t.Fatal("the log has no entries to change")
	}
	for _, bundle := range bundles {
		content, err := os.ReadFile(bundle)
		must(t, err)
		content[bytes.IndexByte(content, 'v')+1] ^= 1
		must(t, os.Chmod(bundle, 0o600))
		must(t, os.WriteFile(bundle, content, 0o600))
	}
	if ok, words := audit("file://" + changed + "/"); ok || !strings.Contains(words, "fsck failed") {
		t.Errorf("the auditor accepts a changed log:\n%s", words)
	}
}
