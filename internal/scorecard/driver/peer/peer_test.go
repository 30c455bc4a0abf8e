package peer

import (
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
)

func TestPasswordsAreHashedAndRemembered(t *testing.T) {
	p := &Peer{Options: driver.Options{}.Filled(), Ecosystem: assay.PyPI, Folder: t.TempDir()}
	path, err := p.Passwords()
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, path)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "publisher:{SHA}") || !strings.HasPrefix(lines[1], "stranger:{SHA}") {
		t.Errorf("the file is %q", text)
	}
	for _, c := range []scorecard.Credential{p.Publisher(assay.PyPI), p.Stranger(assay.PyPI)} {
		_, password, _ := strings.Cut(c.Secret, ":")
		if len(password) < 32 || strings.Contains(text, password) {
			t.Errorf("the password of the %s is short, or stands in the file", c.Who)
		}
		known := strings.Join(p.Secrets(), "\n")
		if !strings.Contains(known, password) || !strings.Contains(known, c.Secret) {
			t.Errorf("the password of the %s is not remembered", c.Who)
		}
	}
	if p.Publisher(assay.NPM).Secret != "" {
		t.Error("the publisher has a credential for another ecosystem")
	}
}

func TestBasicCredentials(t *testing.T) {
	for name, c := range map[string]struct{ secret, user, password string }{
		"a name and a password":      {"kettle:lid", "kettle", "lid"},
		"a password with a colon":    {"kettle:lid:spout", "kettle", "lid:spout"},
		"a name alone":               {"kettle", "kettle", ""},
		"a password that is a token": {`kettle:["kettle", [], true].x`, "kettle", `["kettle", [], true].x`},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			Basic(h, c.secret)
			user, password, ok := (&http.Request{Header: h}).BasicAuth()
			if !ok || user != c.user || password != c.password {
				t.Errorf("it is %q and %q", user, password)
			}
		})
	}
}

func TestAPeerOfAnotherEcosystemIsNotStarted(t *testing.T) {
	p := &Peer{Options: driver.Options{Ecosystems: []assay.Ecosystem{assay.NPM}}.Filled(), Ecosystem: assay.Maven, Name: "Kettle"}
	if err := p.Wanted(); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "Kettle speaks maven alone") {
		t.Errorf("it says %v", err)
	}
}
