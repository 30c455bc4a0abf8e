package endtoend_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJournalIsProved(t *testing.T) {
	a, token := newVault(t)
	p := newPublisher(t, a, token)
	p.mustRun("npm", "install", privatePackage)
	const purl = "pkg:npm/%40vaultworks/quartzite@"
	a.do("yank", purl+"1.0.0", "--reason", "it cracks")
	key := strings.TrimSpace(a.stdout("log", "key"))
	a.do("log", "verify", "--key", key)
	says(t, "assay log show", a.do("log", "show"), "published", "claimed", "token-created", "status-changed")

	proof := filepath.Join(t.TempDir(), "quartzite.proof")
	a.do("log", "prove", purl+"1.1.0", "-o", proof)
	alone := execute(t, t.TempDir(), []string{"PATH=/nowhere"}, binary, "log", "check", proof, "--key", key)
	if alone.code != 0 {
		t.Errorf("the proof does not stand alone:\n%s", alone.out)
	}
	says(t, "assay log check", alone.out, "published", "quartzite", "1.1.0")
	content, err := os.ReadFile(proof)
	must(t, err)
	forged := filepath.Join(t.TempDir(), "forged.proof")
	must(t, os.WriteFile(forged, []byte(strings.Replace(string(content), "1.1.0", "1.9.0", 1)), 0o600))
	if r := a.command("log", "check", forged, "--key", key); r.code == 0 {
		t.Errorf("a forged proof is taken for a true one:\n%s", r.out)
	}
	// A stranger proves nothing of a private package, by any index.
	for index := range 8 {
		got := a.ask(http.MethodGet, "log/entry/"+string(rune('0'+index)), "", nil)
		if got.status == http.StatusOK {
			t.Errorf("a stranger was answered with entry %d: %s", index, got.body)
		}
	}

	a.do("unyank", purl+"1.0.0")
	// A removed version stays in the log, and the log stays whole.
	a.do("remove", purl+"1.1.0", "--reason", "a password in it", "--yes")
	a.do("log", "verify", "--key", key)
	a.do("log", "prove", purl+"1.1.0")
	// Its bytes can be destroyed, and the log stays whole all the same.
	bytesOf := filepath.Join(a.data, "blobs", "sha256", "*", readHosted(t, a).blobs[privatePackage+"@1.1.0"])
	if found, err := filepath.Glob(bytesOf); err != nil || len(found) != 1 {
		t.Fatalf("before they are erased, the bytes of 1.1.0 are %v, %v", found, err)
	}
	if r := a.command("erase", purl+"1.0.0", "--reason", "x", "--yes"); r.code == 0 {
		t.Error("a version that was not removed was erased")
	}
	a.do("erase", purl+"1.1.0", "--reason", "a court has ordered it", "--yes")
	if found, err := filepath.Glob(bytesOf); err != nil || len(found) != 0 {
		t.Errorf("erased, the bytes of 1.1.0 are %v, %v", found, err)
	}
	a.do("log", "verify", "--key", key)

	backup := filepath.Join(t.TempDir(), "backup")
	a.do("backup", backup, "--with-key")
	newPublisher(t, a, token).publishes(t, "1.3.0") // after it
	a.stop()

	restored := &assay{t: t, data: filepath.Join(t.TempDir(), "restored"), port: freePort(t), npm: a.npm, modules: a.modules, env: a.env, client: client}
	restored.base = "http://127.0.0.1:" + restored.port + "/"
	t.Cleanup(restored.stop)
	restored.do("restore", backup, "--key", key)
	restored.start("--no-adopt")
	q := newPublisher(t, restored, token)
	q.mustRun("npm", "install", privatePackage+"@1.0.0")
	q.installed(privatePackage, "1.0.0")
	restored.do("log", "verify", "--key", key)
	if got := restored.ask(http.MethodGet, "npm/"+privatePackage+"/1.3.0", token, nil); got.status == http.StatusOK {
		t.Error("the backup has what was published after it")
	}

	t.Run("a changed file is found", func(t *testing.T) {
		a.t = t
		for at, blob := range readHosted(t, a).blobs {
			if at != privatePackage+"@1.0.0" {
				continue
			}
			path := filepath.Join(a.data, "blobs", "sha256", blob[:2], blob)
			content, err := os.ReadFile(path)
			must(t, err)
			content[len(content)/2] ^= 1
			must(t, os.Chmod(path, 0o600))
			must(t, os.WriteFile(path, content, 0o600))
		}
		r := a.command("log", "verify", "--key", key)
		if r.code == 0 {
			t.Errorf("assay log verify takes a changed file for a sound one:\n%s", r.out)
		}
		says(t, "assay log verify", r.out, "quartzite", "1.0.0")
	})
	a.t = t
}

// publishes publishes a version of the private package.
func (p *project) publishes(t *testing.T, version string) {
	t.Helper()
	p.writePackage(privatePackage, version, nil)
	p.mustRun("npm", "publish")
}
