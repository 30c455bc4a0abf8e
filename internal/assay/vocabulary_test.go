package assay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDigests(t *testing.T) {
	sha512 := Digest("sha512:" + strings.Repeat("ab", 64))
	for name, tc := range map[string]struct {
		in     string
		strong bool
		ok     bool
	}{
		"sha512":          {string(sha512), true, true},
		"sha1":            {"sha1:" + strings.Repeat("ab", 20), false, true},
		"h1":              {"h1:DMTTonx5m65Ic0GOoRY2c16WCbHxOOw6xxezuLaBpcU=", true, true},
		"too short":       {"sha256:abcd", false, false},
		"not hexadecimal": {"sha1:" + strings.Repeat("zz", 20), false, false},
		"unknown":         {"crc32:00000000", false, false},
		"no colon":        {"sha256", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := ParseDigest(tc.in)
			if (err == nil) != tc.ok || (tc.ok && d.Strong() != tc.strong) {
				t.Errorf("%q: %v, strong %v, error %v", tc.in, d, d.Strong(), err)
			}
		})
	}
	if got := Strongest([]Digest{"md5:00", sha512, "sha1:00"}); got != sha512 {
		t.Errorf("the strongest is %s", got)
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("socket closed")
	err := fmt.Errorf("serving: %w", Wrap(Unavailable, cause, "asking the upstream"))
	if !Is(err, Unavailable) || !errors.Is(err, cause) {
		t.Errorf("%v lost its kind or cause", err)
	}
	if got := PublicMessage(err); got != "asking the upstream" || strings.Contains(got, "socket") {
		t.Errorf("the public message is %q", got)
	}
	if got := PublicMessage(cause); strings.Contains(got, "socket") {
		t.Errorf("a foreign error's text leaked: %q", got)
	}
	if Is(nil, Internal) {
		t.Error("no error has a kind")
	}
}

func TestDecisionLead(t *testing.T) {
	d := Decision{Effect: Deny, Opinions: []Opinion{
		{Rule: "observed", Effect: Deny, Mode: Observe}, {Rule: "warns", Effect: Warn},
		{Rule: "lifted", Effect: Deny, LiftedBy: "x"}, {Rule: "denies", Effect: Deny}}}
	if lead := d.Lead(); lead == nil || lead.Rule != "denies" {
		t.Errorf("the lead is %+v", lead)
	}
}

func TestExplanationJSON(t *testing.T) {
	in := Explanation{Coordinate: Coordinate{NPM, "@a/b", "1.0.0", ""}, Decision: Decision{Effect: Deny, Until: time.Unix(1e9, 0).UTC(),
		Opinions: []Opinion{{Rule: "block", Effect: Deny, Mode: Observe, Reason: "r"}}}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"coordinate":"pkg:npm/%40a/b@1.0.0"`) || !strings.Contains(string(text), `"effect":"deny"`) {
		t.Errorf("%s", text)
	}
	var out Explanation
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out.Coordinate != in.Coordinate || out.Decision.Effect != Deny || out.Decision.Opinions[0].Mode != Observe || !out.Decision.Until.Equal(in.Decision.Until) {
		t.Errorf("%+v came back as %+v", in, out)
	}
}

func TestFactsSayWhatIsUnknown(t *testing.T) {
	for _, fact := range (&Facts{}).List() {
		if fact.Known || fact.Value != "unknown" || fact.Source == "" {
			t.Errorf("of nothing, %+v is said", fact)
		}
	}
}
