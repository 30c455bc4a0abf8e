package npm

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

var publisher = scorecard.Credential{Who: "publisher", Secret: "secret"}

func want(t *testing.T, doing string, a scorecard.Answer, v scorecard.Verdict) {
	t.Helper()
	if a.Verdict != v {
		t.Fatalf("to %s: %s, want %s", doing, a, v)
	}
}

func TestAPackageFromItsPublishingToItsEnd(t *testing.T) {
	ctx := context.Background()
	g := newRegistry()
	a, v, base := serve(t, g)
	want(t, "recognise it", a.Recognise(ctx), scorecard.Accepted)
	for _, name := range []string{"assay-trial-x-life", "@acme/score-x-life"} {
		one := scorecard.Release{
			Name: name, Version: "1.0.0", Files: map[string]string{"lib/index.js": "1\n"},
			Dependencies: map[string]string{"lodash": "^4.0.0"}, Scripts: map[string]string{"postinstall": "node lib"},
			Repository: "git+https://code.example/x.git", Homepage: "https://home.example/", Mail: "trial@mail.example",
			Provenance: []byte(`{"mediaType":"application/x.bundle"}`),
		}
		_, answer := a.Listing(ctx, scorecard.Credential{}, name)
		want(t, "list what is not there", answer, scorecard.Absent)
		want(t, "publish without a token", a.Publish(ctx, scorecard.Credential{}, one), scorecard.Refused)
		want(t, "publish the first version", a.Publish(ctx, publisher, one), scorecard.Accepted)
		want(t, "publish it twice", a.Publish(ctx, publisher, one), scorecard.Refused)
		two := one
		two.Version, two.Provenance = "1.0.1", nil
		want(t, "publish the second version", a.Publish(ctx, publisher, two), scorecard.Accepted)
		if got := g.bundles[name+"@1.0.0"]; got != string(one.Provenance) {
			t.Errorf("the bundle came as %q", got)
		}

		l, answer := a.Listing(ctx, scorecard.Credential{}, name)
		want(t, "list", answer, scorecard.Accepted)
		first := l.Versions["1.0.0"]
		if l.Latest != "1.0.1" || len(l.Versions) != 2 || first.Repository != one.Repository || first.Homepage != one.Homepage ||
			first.Mail != one.Mail || !maps.Equal(first.Dependencies, one.Dependencies) || !first.InstallScript ||
			!first.Published.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
			t.Errorf("listed as %+v", l)
		}
		f, answer := a.File(ctx, scorecard.Credential{}, name, "1.0.0")
		want(t, "fetch the file", answer, scorecard.Accepted)
		if f.Digests["sha512"] != first.Digests["sha512"] || f.Digests["sha1"] != first.Digests["sha1"] || len(f.Digests["sha512"]) != 128 {
			t.Errorf("the file has %v and is listed with %v", f.Digests, first.Digests)
		}
		if packed, err := New().Archive(one); err != nil || !bytes.Equal(packed, f.Body) {
			t.Errorf("the file is not what was packed (%v)", err)
		}

		want(t, "deprecate", a.SetStatus(ctx, publisher, name, "1.0.0", assay.Deprecated, "use 1.0.1"), scorecard.Accepted)
		l, _ = a.Listing(ctx, scorecard.Credential{}, name)
		if d := l.Versions["1.0.0"]; d.Status != assay.Deprecated || d.Notice != "use 1.0.1" || l.Versions["1.0.1"].Status != assay.Active {
			t.Errorf("after the deprecation: %+v", l.Versions)
		}
		want(t, "take it back", a.SetStatus(ctx, publisher, name, "1.0.0", assay.Active, ""), scorecard.Accepted)
		want(t, "take back what is not deprecated", a.SetStatus(ctx, publisher, name, "1.0.0", assay.Active, ""), scorecard.NoCall)
		want(t, "yank", a.SetStatus(ctx, publisher, name, "1.0.0", assay.Yanked, "x"), scorecard.NoCall)
		want(t, "deprecate what is not there", a.SetStatus(ctx, publisher, name, "9.0.0", assay.Deprecated, "x"), scorecard.Absent)

		want(t, "add an owner", a.AddOwner(ctx, publisher, name, "second"), scorecard.Accepted)
		owners, _ := g.documents[name]["maintainers"].([]any)
		if len(owners) != 2 || owners[1].(map[string]any)["email"] != "second@mail.example" {
			t.Errorf("the owners are %v", owners)
		}

		want(t, "remove what is not there", a.Remove(ctx, publisher, name, "9.0.0", ""), scorecard.Absent)
		want(t, "remove as a stranger", a.Remove(ctx, scorecard.Credential{}, name, "1.0.1", ""), scorecard.Refused)
		answer = a.Remove(ctx, publisher, name, "1.0.1", "")
		want(t, "remove the newest version", answer, scorecard.Accepted)
		if answer.Reason != "" {
			t.Errorf("the removal says %q", answer.Reason)
		}
		l, _ = a.Listing(ctx, scorecard.Credential{}, name)
		if _, traced := l.Gone["1.0.1"]; l.Latest != "1.0.0" || len(l.Versions) != 1 || !traced {
			t.Errorf("after the removal: %+v", l)
		}
		_, answer = a.File(ctx, scorecard.Credential{}, name, "1.0.1")
		want(t, "fetch a removed file by the address of before", answer, scorecard.Absent)
		_, answer = a.File(ctx, scorecard.Credential{}, name, "7.0.0")
		want(t, "fetch a file that never was", answer, scorecard.Absent)
		want(t, "remove the rest", a.Remove(ctx, publisher, name, "", ""), scorecard.Accepted)
		_, answer = a.Listing(ctx, scorecard.Credential{}, name)
		want(t, "list it after its end", answer, scorecard.Absent)
	}
	if len(v.tokensSeen()) != 1 || !v.tokensSeen()[strings.Split(base, "/")[2]] {
		t.Errorf("tokens went to %v", v.tokensSeen())
	}
}

func TestAPersonFromSigningUpToASecondFactor(t *testing.T) {
	ctx := context.Background()
	a, _, _ := serve(t, newRegistry())
	p := scorecard.Person{Name: "trial-x", Password: "Blue-harbour-41", Mail: "trial-x@mail.example"}
	_, answer := a.SignUp(ctx, scorecard.Person{Name: "trial-y", Password: "password", Mail: "y@mail.example"})
	want(t, "sign up with a notorious password", answer, scorecard.Refused)
	c, answer := a.SignUp(ctx, p)
	want(t, "sign up", answer, scorecard.Accepted)
	if name, answer := a.WhoAmI(ctx, c); name != p.Name || answer.Verdict != scorecard.Accepted {
		t.Errorf("signed up as %q: %s", name, answer)
	}
	_, answer = a.WhoAmI(ctx, scorecard.Credential{Who: "guess", Secret: "guess"})
	want(t, "guess a token", answer, scorecard.Refused)
	_, answer = a.LogIn(ctx, scorecard.Person{Name: p.Name, Password: "wrong"})
	want(t, "log in with a wrong password", answer, scorecard.Refused)
	if answer.SecondFactor {
		t.Error("a wrong password is taken for the wish for a second factor")
	}
	want(t, "change the password", a.ChangePassword(ctx, c, p, "Green-harbour-42"), scorecard.Accepted)
	want(t, "change it with the old one", a.ChangePassword(ctx, c, p, "Red-harbour-43"), scorecard.Refused)
	p.Password = "Green-harbour-42"
	_, answer = a.LogIn(ctx, p)
	want(t, "log in", answer, scorecard.Accepted)
	otpauth, answer := a.StartSecondFactor(ctx, c, p)
	want(t, "start a second factor", answer, scorecard.Accepted)
	if !strings.HasPrefix(otpauth, "otpauth://totp/") {
		t.Errorf("the address is %q", otpauth)
	}
	want(t, "confirm it with a wrong code", a.ConfirmSecondFactor(ctx, c, p, "000000"), scorecard.Refused)
	want(t, "confirm it", a.ConfirmSecondFactor(ctx, c, p, "123456"), scorecard.Accepted)
	_, answer = a.LogIn(ctx, p)
	want(t, "log in without a code", answer, scorecard.Refused)
	if !answer.SecondFactor {
		t.Errorf("the wish for a second factor was missed: %s", answer)
	}
}

func TestTokensAreMadeReadAndRevoked(t *testing.T) {
	ctx := context.Background()
	g := newRegistry()
	a, _, _ := serve(t, g)
	p := scorecard.Person{Name: "publisher", Password: "x"}
	plain, answer := a.MakeToken(ctx, publisher, p, scorecard.Wish{})
	want(t, "make a plain token", answer, scorecard.Accepted)
	if !plain.Expires.IsZero() || plain.Names != nil || plain.Key == "" {
		t.Errorf("a plain token is %+v", plain)
	}
	if _, granular := g.tokens[plain.Credential.Secret]["packages"]; granular {
		t.Error("a plain wish was sent in the granular form")
	}
	days, answer := a.MakeToken(ctx, publisher, p, scorecard.Wish{Names: []string{"@acme/a"}, Lifetime: 48 * time.Hour})
	want(t, "make a token for a package and two days", answer, scorecard.Accepted)
	if got := g.tokens[days.Credential.Secret]["expires"]; got != float64(2) || !slices.Equal(days.Names, []string{"@acme/a"}) {
		t.Errorf("two days were asked for as %v, and the token is %+v", got, days)
	}
	soon, answer := a.MakeToken(ctx, publisher, p, scorecard.Wish{Lifetime: 2 * time.Second})
	want(t, "make a token for two seconds", answer, scorecard.Accepted)
	if left := time.Until(soon.Expires); left <= 0 || left > 2*time.Second {
		t.Errorf("it expires in %s", left)
	}
	want(t, "revoke it", a.RevokeToken(ctx, publisher, soon.Key), scorecard.Accepted)
	_, answer = a.WhoAmI(ctx, soon.Credential)
	want(t, "use it then", answer, scorecard.Refused)
	_, answer = a.ExchangeIdentity(ctx, "@acme/a", "forged")
	want(t, "exchange a forged identity", answer, scorecard.Refused)
	exchanged, answer := a.ExchangeIdentity(ctx, "@acme/a", "trusted")
	want(t, "exchange a trusted identity", answer, scorecard.Accepted)
	if exchanged.Credential.Secret != "exchanged" || exchanged.Expires.IsZero() {
		t.Errorf("exchanged for %+v", exchanged)
	}
}

func TestReadingCalls(t *testing.T) {
	ctx := context.Background()
	g := newRegistry()
	a, _, _ := serve(t, g)
	want(t, "publish", a.Publish(ctx, publisher, scorecard.Release{Name: "lodash", Version: "4.17.15"}), scorecard.Accepted)
	want(t, "publish", a.Publish(ctx, publisher, scorecard.Release{Name: "@acme/data", Version: "1.0.0"}), scorecard.Accepted)
	names, answer := a.Samples(ctx, 5)
	slices.Sort(names)
	want(t, "find samples", answer, scorecard.Accepted)
	if !slices.Equal(names, []string{"@acme/data", "lodash"}) {
		t.Errorf("the samples are %v", names)
	}
	if names, _ := a.Samples(ctx, 1); len(names) != 1 {
		t.Errorf("one sample is %v", names)
	}
	for _, zipped := range []bool{false, true} {
		g.zipped = zipped
		ids, answer := a.Advisories(ctx, scorecard.Credential{}, "lodash", "4.17.15")
		want(t, "ask for advisories", answer, scorecard.Accepted)
		if !slices.Equal(ids, []string{"GHSA-aaaa-bbbb-cccc", "77"}) {
			t.Errorf("compressed %v: the ids are %v", zipped, ids)
		}
		if ids, answer = a.Advisories(ctx, scorecard.Credential{}, "react", "1.0.0"); len(ids) != 0 || answer.Verdict != scorecard.Accepted {
			t.Errorf("of what nothing is known: %v, %s", ids, answer)
		}
	}
	lines, answer := a.Events(ctx, scorecard.Credential{})
	want(t, "read events", answer, scorecard.Accepted)
	if !slices.Equal(lines, []string{"changed a", "removed a", "2026-01-03T00:00:00Z removed b@1.0.0 (was malware)"}) {
		t.Errorf("the events are %q", lines)
	}
}

// integrity is the form in which npm writes a digest.
func integrity(t *testing.T, hexadecimal string) string {
	t.Helper()
	sum, err := hex.DecodeString(hexadecimal)
	if err != nil {
		t.Fatal(err)
	}
	return "sha512-" + base64.StdEncoding.EncodeToString(sum)
}
