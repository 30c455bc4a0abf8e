package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

func TestEveryCapabilityIsListedWithHowItIsCheckedOrWhyNot(t *testing.T) {
	v := everyState(t)
	l := Listing{
		Catalogue: v.Catalogue,
		Checks: []scorecard.Definition{
			{ID: "mfa-totp", Kind: scorecard.Trial, Capability: "mfa-totp", Question: "Is a second factor asked for?", Whole: true, Needs: []scorecard.Need{scorecard.NeedsPublisher, scorecard.NeedsMail}},
			{ID: "digests", Kind: scorecard.Probe, Capability: "digests-in-metadata", Question: "Has every version a strong digest?", Protocols: []assay.Ecosystem{assay.NPM, assay.Golang}, Needs: []scorecard.Need{scorecard.NeedsSample}},
		},
		Without: map[string]string{"passkeys": "No protocol has a call for it."},
	}
	var text, md, raw bytes.Buffer
	for _, err := range []error{ChecksText(&text, l), ChecksMarkdown(&md, l), ChecksJSON(&raw, l)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	says := []string{
		"trial mfa-totp: Is a second factor asked for?", "the instance as a whole; needs a credential that may publish, an instance whose mail comes to us",
		"probe digests: Has every version a strong digest? (through npm and golang; needs a package that exists)",
		"No protocol has a call for it.", "A public document must say so", "A person must look", "No check of this build asks for it",
	}
	for name, got := range map[string]string{"text": text.String(), "md": strings.ReplaceAll(md.String(), "`", "")} {
		flat := strings.Join(strings.Fields(got), " ")
		for _, want := range says {
			if !strings.Contains(flat, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, got)
			}
		}
		for _, c := range v.Catalogue.All() {
			if !strings.Contains(got, c.ID) {
				t.Errorf("%s leaves out %s", name, c.ID)
			}
		}
	}
	for line := range strings.SplitSeq(text.String(), "\n") {
		if utf8.RuneCountInString(line) > width {
			t.Errorf("a line is too long: %q", line)
		}
	}
	var decoded struct {
		Catalogue    string
		Capabilities []listed
	}
	if err := json.Unmarshal(raw.Bytes(), &decoded); err != nil {
		t.Fatal(err)
	}
	if len(decoded.Capabilities) != len(v.Catalogue.All()) || decoded.Capabilities[1].Checks[0].ID != "mfa-totp" {
		t.Errorf("%+v", decoded)
	}
}
