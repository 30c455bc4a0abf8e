package badregistry_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/badregistry"
	"assay.invalid/internal/scorecard/totp"
)

func someone(name string) scorecard.Person {
	return scorecard.Person{Name: name, Password: "Blue-harbour-41-" + name, Mail: name + "@mail.example"}
}

// enrol sets a second factor up and returns its key.
func enrol(t *testing.T, r *badregistry.Registry, p scorecard.Person, as scorecard.Credential) totp.Key {
	t.Helper()
	address, a := r.StartSecondFactor(t.Context(), as, p)
	wants(t, "start a second factor", a, scorecard.Accepted)
	key, err := totp.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "confirm it with a wrong code", r.ConfirmSecondFactor(t.Context(), as, p, "none"), scorecard.Refused)
	wants(t, "confirm it", r.ConfirmSecondFactor(t.Context(), as, p, key.Code(time.Now())), scorecard.Accepted)
	return key
}

func TestPublishingTakesAVerifiedAddressAndASecondFactor(t *testing.T) {
	r := start(t)
	p := someone("ada")
	as, a := r.SignUp(t.Context(), p)
	wants(t, "sign up", a, scorecard.Accepted)
	release := scorecard.Release{Name: "@trial/first", Version: "1.0.0"}
	wants(t, "publish unverified", r.Publish(t.Context(), as, release), scorecard.Refused)
	wants(t, "verify somebody else's address", r.VerifyMail(t.Context(), someone("bob")), scorecard.Refused)
	wants(t, "verify the address", r.VerifyMail(t.Context(), p), scorecard.Accepted)
	a = r.Publish(t.Context(), as, release)
	wants(t, "publish without a factor", a, scorecard.Refused)
	if !a.SecondFactor {
		t.Errorf("it was not asked for: %s", a)
	}
	key := enrol(t, r, p, as)
	if key.Bits() < 128 {
		t.Errorf("the secret has %d bits", key.Bits())
	}
	wants(t, "publish without the code", r.Publish(t.Context(), as, release), scorecard.Refused)
	if g := ask(t, http.MethodGet, base(r, assay.NPM)+"@trial%2ffirst", "", nil); g.status != http.StatusNotFound {
		t.Errorf("what was refused is there: status %d", g.status)
	}
	as.Code = key.Code(time.Now())
	wants(t, "publish with it", r.Publish(t.Context(), as, release), scorecard.Accepted)
	_, a = r.LogIn(t.Context(), p)
	wants(t, "log in without the code", a, scorecard.Refused)
	if !a.SecondFactor {
		t.Errorf("it was not asked for: %s", a)
	}
}

func TestAChangedPasswordIsToldAndTakesTheOldOne(t *testing.T) {
	r := start(t)
	p := someone("grace")
	as, _ := r.SignUp(t.Context(), p)
	thief := p
	thief.Password = "not-the-password"
	wants(t, "change it with a stolen session", r.ChangePassword(t.Context(), as, thief, "Another-harbour-42"), scorecard.Refused)
	before := len(r.Mail().Received(p.Mail))
	wants(t, "change it", r.ChangePassword(t.Context(), as, p, "Another-harbour-42"), scorecard.Accepted)
	mail := r.Mail().Received(p.Mail)
	if len(mail) != before+1 || !strings.Contains(mail[len(mail)-1], "password") {
		t.Errorf("mail: %q", mail)
	}
	wants(t, "change it to a notorious one", r.ChangePassword(t.Context(), as, scorecard.Person{Password: "Another-harbour-42"}, "password123"), scorecard.Refused)
}

func TestGuessesAreThrottledByAccountAndReleasedAfterAWhile(t *testing.T) {
	now := time.Now()
	r := startAt(t, func() time.Time { return now })
	p := someone("linus")
	if _, a := r.SignUp(t.Context(), p); a.Verdict != scorecard.Accepted {
		t.Fatal(a)
	}
	wrong := p
	wrong.Password = "wrong"
	var a scorecard.Answer
	for range 5 {
		_, a = r.LogIn(t.Context(), wrong)
		wants(t, "guess", a, scorecard.Refused)
	}
	_, a = r.LogIn(t.Context(), p)
	wants(t, "log in rightly after too many guesses", a, scorecard.Throttled)
	if a.RetryAfter != time.Second {
		t.Errorf("retry after %s", a.RetryAfter)
	}
	now = now.Add(time.Second)
	_, a = r.LogIn(t.Context(), p)
	wants(t, "log in after waiting", a, scorecard.Accepted)
}

func TestGuessedTokensAreThrottledBySource(t *testing.T) {
	now := time.Now()
	r := startAt(t, func() time.Time { return now })
	throttled := 0
	for range 20 {
		_, a := r.WhoAmI(t.Context(), scorecard.Credential{Secret: "good_guess"})
		if a.Verdict == scorecard.Throttled {
			throttled++
		} else {
			wants(t, "guess", a, scorecard.Refused)
		}
	}
	if throttled != 8 {
		t.Errorf("%d of 20 guesses were throttled", throttled)
	}
	now = now.Add(time.Second)
	_, a := r.WhoAmI(t.Context(), r.Publisher(assay.NPM))
	wants(t, "ask with a right one after waiting", a, scorecard.Accepted)
}

func TestTokensDoNoMoreThanWasAskedFor(t *testing.T) {
	now := time.Now()
	r := startAt(t, func() time.Time { return now })
	ctx, publisher := t.Context(), r.Publisher(assay.NPM)
	narrow, a := r.MakeToken(ctx, publisher, scorecard.Person{}, scorecard.Wish{Names: []string{"@trial/a"}})
	wants(t, "make a narrow token", a, scorecard.Accepted)
	if life := narrow.Expires.Sub(now); life <= 0 || life > 400*24*time.Hour {
		t.Errorf("it lasts for %s", life)
	}
	wants(t, "publish what it is for", r.Publish(ctx, narrow.Credential, scorecard.Release{Name: "@trial/a", Version: "1.0.0"}), scorecard.Accepted)
	wants(t, "publish something else", r.Publish(ctx, narrow.Credential, scorecard.Release{Name: "@trial/b", Version: "1.0.0"}), scorecard.Refused)
	_, a = r.MakeToken(ctx, narrow.Credential, scorecard.Person{}, scorecard.Wish{Names: []string{"@trial/b"}})
	wants(t, "make a wider one of it", a, scorecard.Refused)
	_, a = r.MakeToken(ctx, publisher, scorecard.Person{}, scorecard.Wish{Names: []string{"@trial/a"}, Lifetime: 5 * 365 * 24 * time.Hour})
	wants(t, "make one for years", a, scorecard.Refused)
	_, a = r.MakeToken(ctx, publisher, scorecard.Person{}, scorecard.Wish{})
	wants(t, "make one for everything", a, scorecard.Refused)
	wants(t, "add an owner with it", r.AddOwner(ctx, publisher, "@trial/a", "stranger"), scorecard.Refused)
	read, _ := r.MakeToken(ctx, publisher, scorecard.Person{}, scorecard.Wish{Names: []string{"@trial/a"}, ReadOnly: true})
	wants(t, "publish with one for reading", r.Publish(ctx, read.Credential, scorecard.Release{Name: "@trial/a", Version: "1.0.1"}), scorecard.Refused)
	short, _ := r.MakeToken(ctx, publisher, scorecard.Person{}, scorecard.Wish{Names: []string{"@trial/a"}, Lifetime: time.Second})
	now = now.Add(time.Second)
	_, a = r.WhoAmI(ctx, short.Credential)
	wants(t, "ask with an expired one", a, scorecard.Refused)
	wants(t, "report a leak", r.ReportToken(ctx, narrow.Credential.Secret), scorecard.Accepted)
	_, a = r.WhoAmI(ctx, narrow.Credential)
	wants(t, "ask with a reported one", a, scorecard.Refused)
	wants(t, "revoke another's", r.RevokeToken(ctx, r.Stranger(assay.NPM), read.Key), scorecard.Absent)
	wants(t, "revoke one's own", r.RevokeToken(ctx, publisher, read.Key), scorecard.Accepted)
	for _, secret := range []string{narrow.Credential.Secret, read.Credential.Secret, short.Credential.Secret} {
		if !strings.HasPrefix(secret, "good_") {
			t.Errorf("a token without the prefix")
		}
		found := false
		for _, known := range r.Secrets() {
			found = found || known == secret
		}
		if !found {
			t.Errorf("a token is missing from Secrets")
		}
	}
}

func TestIdentitiesAreBoundToIssuerNameAndTime(t *testing.T) {
	now := time.Now()
	r := startAt(t, func() time.Time { return now })
	ctx := t.Context()
	good, ok := r.Identity(assay.NPM, "@trial/built")
	if !ok {
		t.Fatal("no identity")
	}
	parts := strings.Split(good, ".")
	for name, forged := range map[string]string{
		"words":               "please",
		"nothing":             "",
		"another signature":   parts[0] + "." + parts[1] + ".AAAA",
		"no signature":        parts[0] + "." + parts[1] + ".",
		"another's signature": parts[0] + ".e30." + parts[2],
	} {
		if _, a := r.ExchangeIdentity(ctx, "@trial/built", forged); a.Verdict != scorecard.Refused {
			t.Errorf("%s: %s", name, a)
		}
	}
	_, a := r.ExchangeIdentity(ctx, "@trial/other", good)
	wants(t, "exchange it for another name", a, scorecard.Refused)
	token, a := r.ExchangeIdentity(ctx, "@trial/built", good)
	wants(t, "exchange it", a, scorecard.Accepted)
	if life := token.Expires.Sub(now); life <= 0 || life > time.Hour {
		t.Errorf("its token lasts for %s", life)
	}
	wants(t, "publish with it", r.Publish(ctx, token.Credential, scorecard.Release{Name: "@trial/built", Version: "1.0.0"}), scorecard.Accepted)
	now = now.Add(time.Hour)
	_, a = r.ExchangeIdentity(ctx, "@trial/built", good)
	wants(t, "exchange it when it has expired", a, scorecard.Refused)
}

func TestNotoriousPasswordsAreRefused(t *testing.T) {
	r := start(t)
	for _, password := range []string{"password123", "Qwerty123", "letmein", "123456789", "P@ssw0rd!", "short"} {
		p := someone("eve")
		p.Password = password
		_, a := r.SignUp(t.Context(), p)
		wants(t, "sign up with "+password, a, scorecard.Refused)
	}
	_, a := r.SignUp(t.Context(), someone("eve"))
	wants(t, "sign up with a good one", a, scorecard.Accepted)
	_, a = r.SignUp(t.Context(), someone("eve"))
	wants(t, "sign up twice", a, scorecard.Refused)
}
