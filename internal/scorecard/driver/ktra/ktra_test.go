package ktra

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
)

// canned is a visitor to whom every request gets the same answer.
type canned struct {
	status int
	body   string
}

func (c canned) Do(context.Context, scorecard.Request) (scorecard.Response, error) {
	return scorecard.Response{Status: c.status, Body: []byte(c.body)}, nil
}

func TestARefusalMayComeWithASuccess(t *testing.T) {
	p := scorecard.Person{Name: "kettle", Password: "Blue-harbour-41"}
	for name, c := range map[string]struct {
		answer canned
		want   scorecard.Verdict
		words  string
	}{
		"a token":                   {canned{200, `{"token":"XJa75wrhwnX9eN5kK8eiji1wJQKcbER5"}`}, scorecard.Accepted, ""},
		"errors":                    {canned{200, `{"errors":[{"detail":"invalid password"}]}`}, scorecard.Refused, "invalid password"},
		"errors with their status":  {canned{403, `{"errors":[{"detail":"invalid user"}]}`}, scorecard.Refused, "invalid user"},
		"neither":                   {canned{200, `{}`}, scorecard.Unclear, "instead of a token"},
		"a token that breaks lines": {canned{200, `{"token":"a\nHost: elsewhere"}`}, scorecard.Unclear, "instead of a token"},
		"a web page":                {canned{200, `<!DOCTYPE html>`}, scorecard.Unclear, "a web page"},
	} {
		t.Run(name, func(t *testing.T) {
			a := open("http://127.0.0.1:1/", c.answer)
			for call, do := range map[string]func() scorecard.Answer{
				"sign up":         func() scorecard.Answer { _, answer := a.SignUp(t.Context(), p); return answer },
				"log in":          func() scorecard.Answer { _, answer := a.LogIn(t.Context(), p); return answer },
				"change password": func() scorecard.Answer { return a.ChangePassword(t.Context(), scorecard.Credential{}, p, "x") },
			} {
				if answer := do(); answer.Verdict != c.want || !strings.Contains(answer.Reason, c.words) {
					t.Errorf("%s: it is %s, want %s and %q", call, answer, c.want, c.words)
				}
			}
		})
	}
}

func TestTheConfiguration(t *testing.T) {
	text, err := configure("127.0.0.1:5678", `/tmp/a "folder"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"address = [127, 0, 0, 1]", "port = 5678", `remote_url = 'file:///tmp/a "folder"/index.git'`,
		`dl_dir_path = '/tmp/a "folder"/files'`, `local_path = '/tmp/a "folder"/files/index'`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("it has no line %q:\n%s", line, text)
		}
	}
	for name, c := range map[string]struct {
		address, folder string
		kind            assay.Kind
	}{
		"a folder that ends the string": {"127.0.0.1:5678", "/tmp/it's", assay.Invalid},
		"a folder of two lines":         {"127.0.0.1:5678", "/tmp/a\nb", assay.Invalid},
		"no port":                       {"127.0.0.1", "/tmp", assay.Internal},
		"another family of addresses":   {"[::1]:5678", "/tmp", assay.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := configure(c.address, c.folder); !assay.Is(err, c.kind) {
				t.Errorf("it is %q: %v", text, err)
			}
		})
	}
	said, err := indexConfig("http://127.0.0.1:5678/")
	if want := `{"api":"http://127.0.0.1:5678","dl":"http://127.0.0.1:5678/dl"}`; err != nil || string(said) != want {
		t.Errorf("the index says %s: %v", said, err)
	}
}

// clerk is a machine whose cargo does what a test says.
type clerk func(c driver.Command) error

func (clerk) Start(context.Context, driver.Command) (driver.Process, error) {
	return nil, errors.New("nothing is to be started")
}
func (clerk) Folder() (string, error) { return "", errors.New("no folder is to be made") }
func (c clerk) Run(_ context.Context, command driver.Command) ([]byte, error) {
	return nil, c(command)
}

func TestInstall(t *testing.T) {
	for name, c := range map[string]struct {
		build bool
		fails error
		kind  assay.Kind
	}{
		"it is built":         {build: true},
		"nothing comes of it": {kind: assay.Unsound},
		"there is no cargo":   {fails: assay.Errorf(assay.NotFound, "cargo is not on this machine"), kind: assay.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			var asked driver.Command
			said := ""
			m := clerk(func(command driver.Command) error {
				asked = command
				if !c.build {
					return c.fails
				}
				at := filepath.Join(command.Dir, "bin")
				return errors.Join(os.Mkdir(at, 0o700), os.WriteFile(filepath.Join(at, "ktra"), nil, 0o700))
			})
			o := driver.Options{Cache: filepath.Join(t.TempDir(), "cache")}.Filled()
			folder, err := peer.Install(t.Context(), m, o, software(func(text string) { said = text }))
			switch {
			case c.build && (err != nil || installed(folder) != Version):
				t.Errorf("it is in %q: %v", folder, err)
			case !c.build && !assay.Is(err, c.kind):
				t.Errorf("it says %v, want %s", err, c.kind)
			}
			if asked.Path != "cargo" || !slices.Contains(asked.Args, "="+Version) || !slices.Contains(asked.Args, "--locked") {
				t.Errorf("it is built by %+v", asked)
			}
			if said == "" {
				t.Error("nobody is told that it takes long")
			}
		})
	}
	if _, err := Start(t.Context(), clerk(nil), driver.Options{Ecosystems: []assay.Ecosystem{assay.NPM}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("for npm it says %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"token":"abc"}`)
	f.Add(`{"errors":[{"detail":"no"},{}],"token":"abc"}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, answer := open("http://127.0.0.1:1/", canned{200, body}).LogIn(t.Context(), scorecard.Person{Name: "kettle"})
		if (c.Secret != "") != (answer.Verdict == scorecard.Accepted) || strings.ContainsAny(c.Secret, "\r\n ") {
			t.Errorf("the credential is %q: %s", c.Secret, answer)
		}
	})
}
