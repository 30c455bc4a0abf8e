package npm

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

func listingOf(t *testing.T, body string) scorecard.Listing {
	t.Helper()
	l, err := decodeListing("x", []byte(body), 1<<20)
	if err != nil {
		t.Fatalf("%s is refused: %v", body, err)
	}
	return l
}

func TestListingsThatAreNotSoundAreRefused(t *testing.T) {
	version := func(inside string) string {
		return `{"name":"x","versions":{"1.0.0":{"name":"x","version":"1.0.0"` + inside + `}}}`
	}
	for name, c := range map[string]struct{ body, reason string }{
		"another package's name":        {`{"name":"y","versions":{}}`, `it is about "y"`},
		"no name":                       {`{"versions":{}}`, "names no package"},
		"a name that is a number":       {`{"name":1,"versions":{}}`, `it is about`},
		"no versions":                   {`{"name":"x"}`, "no versions"},
		"versions in a list":            {`{"name":"x","versions":[]}`, "where an object must be"},
		"a version that is text":        {`{"name":"x","versions":{"1.0.0":"yes"}}`, "no manifest"},
		"a manifest of another version": {`{"name":"x","versions":{"1.0.0":{"version":"2.0.0"}}}`, `says that it is "2.0.0"`},
		"the same version twice":        {`{"name":"x","versions":{"1.0.0":{"version":"1.0.0"},"1.0.0":{"version":"1.0.0"}}}`, "duplicate"},
		"versions in two spellings":     {`{"name":"x","versions":{},"Versions":{}}`, "letter case"},
		"a dist that is text":           {version(`,"dist":"here"`), "dist"},
		"an integrity that is a number": {version(`,"dist":{"integrity":7}`), ""},
		"a tarball that is a list":      {version(`,"dist":{"tarball":[]}`), "tarball"},
		"signatures that are an object": {version(`,"dist":{"signatures":{}}`), "signatures"},
		"attestations that are text":    {version(`,"dist":{"attestations":"yes"}`), "attestations"},
		"attestations at a number":      {version(`,"dist":{"attestations":{"url":1}}`), "attestations"},
		"dist-tags in a list":           {`{"name":"x","versions":{},"dist-tags":["latest"]}`, "where an object must be"},
		"a tag that is a number":        {`{"name":"x","versions":{},"dist-tags":{"latest":1}}`, "malformed"},
		"times that are text":           {`{"name":"x","versions":{},"time":"now"}`, "where an object must be"},
		"something behind it":           {`{"name":"x","versions":{}} <!-- -->`, ""},
		"too big":                       {`{"name":"x","versions":{},"readme":"` + strings.Repeat("a", 1<<20) + `"}`, "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := decodeListing("x", []byte(c.body), 1<<20)
			if name == "an integrity that is a number" {
				// It promises nothing, and is listed so.
				if err == nil && len(l.Versions["1.0.0"].Digests) == 0 {
					return
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("%v, want one that says %q", err, c.reason)
			}
		})
	}
}

func TestWhatPublishersTypeMayHaveAnyShape(t *testing.T) {
	for name, c := range map[string]struct {
		manifest                   string
		repository, homepage, mail string
	}{
		"as npm writes them": {`"repository":{"type":"git","url":"git+https://a.example"},"homepage":"https://b.example","author":{"name":"n","email":"m@c.example"}`, "git+https://a.example", "https://b.example", "m@c.example"},
		"as text":            {`"repository":"github:a/b","author":"N <m@c.example> (https://d.example)"`, "github:a/b", "", "m@c.example"},
		"as garbage":         {`"repository":[1],"homepage":{"url":1},"author":7,"dependencies":["a"],"scripts":"rm"`, "", "", ""},
		"as null":            {`"repository":null,"homepage":null,"author":null,"dependencies":null,"deprecated":null`, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := listingOf(t, `{"name":"x","versions":{"1.0.0":{"name":"x","version":"1.0.0",`+c.manifest+`}}}`).Versions["1.0.0"]
			if v.Repository != c.repository || v.Homepage != c.homepage || v.Mail != c.mail || v.Status != assay.Active {
				t.Errorf("read as %+v", v)
			}
		})
	}
}

func TestTheWholeOfAVersionIsRead(t *testing.T) {
	sum := strings.Repeat("ab", 64)
	l := listingOf(t, `{"name":"x","dist-tags":{"latest":"1.0.0","next":"9.9.9"},"time":{"created":"2020-01-01T00:00:00.000Z","1.0.0":"2020-01-02T00:00:00.000Z"},
		"versions":{"1.0.0":{"name":"x","version":"1.0.0","hasInstallScript":true,"dependencies":{"a":"^1","b":2},
		"_unverified":["repository","mail","root"],"_verified":["homepage"],
		"dist":{"integrity":"`+integrity(t, sum)+`","shasum":"`+strings.Repeat("cd", 20)+`","tarball":"https://files.example/x.tgz",
		"signatures":[{"keyid":"k","sig":"s"},{"keyid":"k"},7],"attestations":{"url":"https://registry.example/-/npm/v1/attestations/x@1.0.0","provenance":{}}}}}}`)
	v := l.Versions["1.0.0"]
	if v.Digests["sha512"] != sum || v.Digests["sha1"] != strings.Repeat("cd", 20) || v.File != "https://files.example/x.tgz" ||
		v.Signatures != 1 || !strings.HasSuffix(v.Provenance, "x@1.0.0") || !v.InstallScript || !maps.Equal(v.Dependencies, map[string]string{"a": "^1"}) ||
		!slices.Equal(v.Unverified, []string{"repository", "mail"}) || !slices.Equal(v.Verified, []string{"homepage"}) || v.Published.Day() != 2 || l.Latest != "1.0.0" {
		t.Errorf("read as %+v", l)
	}
}

func TestLatestThatDanglesIsNone(t *testing.T) {
	if l := listingOf(t, `{"name":"x","dist-tags":{"latest":"2.0.0"},"versions":{"1.0.0":{"version":"1.0.0"}}}`); l.Latest != "" {
		t.Errorf("latest is %q", l.Latest)
	}
}

func TestStatusesThatNoticesTell(t *testing.T) {
	for notice, status := range map[string]assay.Status{
		"":                       assay.Active,
		"use y instead":          assay.Deprecated,
		"experimental":           assay.Experimental,
		"Experimental: try only": assay.Experimental,
		"assay: experimental: not for production: trial (rule status). Keep it out": assay.Experimental,
		"[experimental] not for production":                                         assay.Experimental,
		"assay: yanked: it broke (rule status)":                                     assay.Yanked,
		"assay: 2 advisories (rule advisories); yanked: it broke (rule status)":     assay.Yanked,
		"quarantined: looked at":                                                    assay.Quarantined,
		"experimentally verified to be slow; use y":                                 assay.Deprecated,
		"this was yanked": assay.Deprecated,
	} {
		if got := statusIn(notice); got != status {
			t.Errorf("%q is %s, want %s", notice, got, status)
		}
	}
}

func TestTracesOfWhatIsGone(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		gone     map[string]string
	}{
		"a time without a version":   {`"time":{"created":"x","modified":"x","1.0.0":"2020-01-01T00:00:00Z","2.0.0":"2020-01-01T00:00:00Z"}`, map[string]string{"1.0.0": ""}},
		"an unpublished package":     {`"time":{"unpublished":{"time":"2020-01-01T00:00:00Z","versions":["1.0.0","1.0.1"]}}`, map[string]string{"1.0.0": "", "1.0.1": ""}},
		"with a reason for all":      {`"time":{"unpublished":{"reason":"was malware","versions":["1.0.0"]}}`, map[string]string{"1.0.0": "was malware"}},
		"by version":                 {`"removed":{"1.0.0":"was malware","1.0.1":{"reason":"broken"},"nonsense":"x"}`, map[string]string{"1.0.0": "was malware", "1.0.1": "broken"}},
		"by version, beside a time":  {`"time":{"1.0.0":"2020-01-01T00:00:00Z"},"removed":{"1.0.0":"was malware"}`, map[string]string{"1.0.0": "was malware"}},
		"in a list":                  {`"removed":[{"version":"1.0.0","reason":"was malware"},"1.0.1",7]`, map[string]string{"1.0.0": "was malware", "1.0.1": ""}},
		"in restrictions":            {`"policyRestrictions":{"message":"Assay refuses 2 versions:\n1.0.0, 1.0.1: removed: was malware\nWhy: link","versions":{"1.0.0":{},"1.0.1":{},"3.0.0":{}}}`, map[string]string{"1.0.0": "1.0.0, 1.0.1: removed: was malware", "1.0.1": "1.0.0, 1.0.1: removed: was malware", "3.0.0": "Assay refuses 2 versions: 1.0.0, 1.0.1: removed: was malware Why: link"}},
		"not of what is still there": {`"removed":{"2.0.0":"lie"}`, map[string]string{}},
		"garbage":                    {`"removed":7,"unpublished":[[["1.0.0"]]],"policyRestrictions":"no"`, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if l := listingOf(t, `{"name":"x","versions":{"2.0.0":{"version":"2.0.0"}},`+c.document+`}`); !maps.Equal(l.Gone, c.gone) {
				t.Errorf("gone are %q, want %q", l.Gone, c.gone)
			}
		})
	}
}
