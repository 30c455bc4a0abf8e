package securitytxt

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

const here = "https://registry.example" + wellKnown

func TestFiles(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	const month = 30 * 24 * time.Hour
	contact, expires := "Contact: mailto:security@registry.example\n", "Expires: "+in(6*month)+"\n"
	cases := map[string]struct {
		kind, body string
		want       scorecard.Outcome
		says       string
	}{
		"as RFC 9116 asks":          {"text/plain; charset=utf-8", contact + expires, scorecard.Holds, "not signed"},
		"names in any case":         {"text/plain", "CONTACT: https://registry.example/report\r\nexpires: " + in(month) + "\r\n", scorecard.Holds, ""},
		"signed":                    {"text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + contact + expires + "-----BEGIN PGP SIGNATURE-----\n\nContact: nobody\n-----END PGP SIGNATURE-----\n", scorecard.Holds, "(signed)"},
		"its own place is named":    {"text/plain", contact + expires + "Canonical: " + here + "\n", scorecard.Holds, ""},
		"another place is named":    {"text/plain", contact + expires + "Canonical: https://elsewhere.example/security.txt\n", scorecard.Partly, "elsewhere.example"},
		"ran out":                   {"text/plain", contact + "Expires: " + in(-month) + "\n", scorecard.Partly, "ran out"},
		"far ahead":                 {"text/plain", contact + "Expires: " + in(36*month) + "\n", scorecard.Partly, "more than a year"},
		"no date":                   {"text/plain", contact, scorecard.Partly, "Expires"},
		"two dates":                 {"text/plain", contact + expires + expires, scorecard.Fails, "2 times"},
		"a date in words":           {"text/plain", contact + "Expires: next year\n", scorecard.Fails, "next year"},
		"no contact":                {"text/plain", expires, scorecard.Fails, "no contact"},
		"a contact over plain http": {"text/plain", "Contact: http://registry.example/\n" + expires, scorecard.Fails, "no mailto:"},
		"a bare address":            {"text/plain", "Contact: security@registry.example\n" + expires, scorecard.Fails, "no mailto:"},
		"comments alone":            {"text/plain", "# Contact: mailto:a@b.example\n", scorecard.Fails, "no field"},
		"another type":              {"application/octet-stream", contact + expires, scorecard.Partly, "text/plain"},
		"a web page":                {"text/html", "<!doctype html>" + contact + expires, scorecard.Fails, "web page"},
		"a web page that lies":      {"text/plain", "<!doctype html>\n" + contact + expires, scorecard.Fails, "web page"},
		"no text":                   {"text/plain", "Contact: \xff\xfe\n", scorecard.Fails, "no field"},
		"nothing":                   {"text/plain", "", scorecard.Fails, "no field"},
		"escapes for the terminal":  {"text/plain", "Contact: mailto:a@b.example\x1b[2J\n" + expires, scorecard.Holds, "a@b.example"},
	}
	for name, c := range cases {
		f := probetest.Find(t, Check(), probetest.Bench(probetest.Acts{}, probetest.Pages{here: probetest.Text(c.kind, c.body)}))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) || strings.Contains(f.Reason, "\x1b") {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestPlaces(t *testing.T) {
	file := probetest.Text("text/plain", "Contact: tel:+1\nExpires: "+time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339)+"\n")
	cases := map[string]struct {
		at      scorecard.Visitor
		website string
		want    scorecard.Outcome
	}{
		"nothing":                    {probetest.Pages{}, "", scorecard.Fails},
		"refused":                    {probetest.Pages{here: probetest.Status(403)}, "", scorecard.CouldNotTell},
		"at the web site":            {probetest.Pages{"https://www.registry.example" + wellKnown: file}, "https://www.registry.example/package/{name}", scorecard.Holds},
		"no answer":                  {probetest.Dead(), "", scorecard.CouldNotTell},
		"a fault of the server":      {probetest.Pages{here: probetest.Status(500)}, "", scorecard.CouldNotTell},
		"a redirect to another host": {probetest.Pages{here: probetest.Status(301)}, "", scorecard.CouldNotTell},
	}
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{}, c.at)
		if c.website != "" {
			b.Subject.Pages["package"] = c.website
		}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestEvidenceIsJudgedAtItsOwnTime(t *testing.T) {
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	until := at.AddDate(0, 6, 0)
	s := Seen{At: at, Address: here, Status: 200, Type: "text/plain", Fields: 2, Contacts: []string{"tel:+1"}, Expires: []string{"x"}, Until: &until}
	if f := probetest.Judge(t, Check(), probetest.Seen(t, s)); f.Outcome != scorecard.Holds {
		t.Errorf("evidence of 2020 is judged by today's date: %s", f.Reason)
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte("Contact: mailto:a@b.example\nExpires: 2027-01-01T00:00:00Z\n"))
	f.Add([]byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: x\n\nContact: tel:1\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := readFile(body)
		if len(got.contacts) > 20 || len(got.expires) > 20 || len(got.contacts)+got.unusable > got.lines+20 {
			t.Errorf("%+v", got)
		}
		for _, e := range got.expires {
			if until, ok := expiry(e); ok && until.Location() != time.UTC {
				t.Errorf("%q is read in %s", e, until.Location())
			}
		}
	})
}
