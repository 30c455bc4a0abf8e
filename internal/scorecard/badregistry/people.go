package badregistry

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The parties that exist from the start. They are services: tokens that were
// made for publishing speak for them, and nobody logs in as one.
const (
	houseName     = "house" // who published the samples
	publisherName = "publisher"
	strangerName  = "stranger"
)

// person is somebody with an account.
type person struct {
	name, mail, password string
	service              bool
	// proof went to the address by mail, and whoever sends it back reads what
	// arrives there.
	proof    string
	verified bool
	// factor is the secret of the second factor in force, offered the one
	// that waits for its first code.
	factor, offered []byte
}

// leaked says whether a password stands on the lists that guessers use.
func leaked(password string) bool {
	plain := strings.ToLower(password)
	for _, known := range []string{
		"123456", "1234567", "12345678", "123456789", "1234567890", "password", "password1", "password12", "password123", "passw0rd",
		"p@ssw0rd", "p@ssword", "qwerty", "qwerty1", "qwerty123", "qwertyuiop", "abc123", "abcd1234", "111111", "000000", "123123",
		"iloveyou", "admin", "admin123", "welcome", "welcome1", "welcome123", "letmein", "letmein123", "monkey", "dragon", "football",
		"baseball", "sunshine", "princess", "master", "shadow", "superman", "trustno1", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx",
		"zaq12wsx", "zaq1zaq1", "asdfghjkl", "changeme", "secret", "starwars", "whatever", "michael", "654321", "correcthorsebatterystaple",
	} {
		if plain == known || strings.TrimRight(plain, "!.") == known {
			return true
		}
	}
	return false
}

// leastPassword is the length of the shortest password.
const leastPassword = 8

func (r *Registry) checkPassword(password string) error {
	if leaked(password) && !r.sins[TakesLeakedPasswords] {
		return refuse(http.StatusBadRequest, "this password stands on lists of leaked ones, which guessers try first: choose another")
	}
	if len(password) < leastPassword && !r.sins[TakesLeakedPasswords] {
		return refuse(http.StatusBadRequest, "this password is too short: take at least %d characters", leastPassword)
	}
	return nil
}

// signUp makes an account and a session for it.
func (r *Registry) signUp(name, password, mail string) (*token, error) {
	if r.people[name] != nil {
		return nil, refuse(http.StatusConflict, "there is a %s already: choose another name", name)
	}
	if name == "" || len(name) > 64 || strings.ContainsAny(name, "/@ :") || !strings.Contains(mail, "@") {
		return nil, refuse(http.StatusBadRequest, "signing up needs a name without special characters, and a mail address")
	}
	if err := r.checkPassword(password); err != nil {
		return nil, err
	}
	p := &person{name: name, mail: mail, password: password, proof: r.secret()}
	r.people[name] = p
	r.mail.send(mail, fmt.Sprintf("Welcome, %s. To verify this address, send back: %s", name, p.proof))
	return r.session(p), nil
}

// logIn gives somebody a session who knows the password, and the code where a
// second factor was set up.
func (r *Registry) logIn(name, password, code, source string) (*token, error) {
	if err := r.throttled(source, name); err != nil {
		return nil, err
	}
	p := r.people[name]
	if p == nil || p.service || subtle.ConstantTimeCompare([]byte(p.password), []byte(password)) != 1 {
		r.wrong(source, name)
		return nil, refuse(http.StatusUnauthorized, "name and password do not fit")
	}
	if p.factor != nil && !r.sins[SecondFactorNotAsked] {
		if err := r.checkCode(p, code, source); err != nil {
			return nil, err
		}
	}
	return r.session(p), nil
}

func (r *Registry) session(p *person) *token {
	return r.issue(&token{owner: p.name, kind: forSession, expires: r.now().Add(sessionLife)})
}

// sessionLife is how long a log-in lasts.
const sessionLife = 12 * time.Hour

// checkCode asks for the one-time code of somebody's second factor.
func (r *Registry) checkCode(p *person, code, source string) error {
	if code == "" {
		return askFactor("this needs the one-time code (OTP) of your second factor")
	}
	if err := r.throttled(source, p.name); err != nil {
		return err
	}
	if !fits(p.factor, code, r.now()) {
		r.wrong(source, p.name)
		return askFactor("this one-time code (OTP) does not fit: wait for the next one")
	}
	return nil
}

func askFactor(text string) error {
	return &refusal{status: http.StatusUnauthorized, text: text, factor: true}
}

// proven makes sure that somebody may change packages at all: the address is
// verified, and there is a second factor. Tokens that were made for publishing
// had both when they were made.
func (r *Registry) proven(by asker) error {
	p := r.people[by.token.owner]
	if p == nil || p.service || by.token.kind == forIdentity {
		return nil
	}
	if !p.verified && !r.sins[UnverifiedMail] {
		return refuse(http.StatusForbidden, "your mail address is not verified: follow the link in the mail that you got")
	}
	if r.sins[FactorNotRequired] {
		return nil
	}
	if p.factor == nil {
		return askFactor("publishing needs a second factor: set one up, and send its one-time code (OTP)")
	}
	if by.token.kind == forPublishing { // the code was asked for when it was made
		return nil
	}
	return r.checkCode(p, by.code, by.source)
}

// changePassword tells the holder, who may not be the one who did it.
func (r *Registry) changePassword(by asker, old, to string) error {
	p, err := r.personOf(by)
	if err != nil {
		return err
	}
	if err := r.confirm(p, old, by); err != nil {
		return err
	}
	if err := r.checkPassword(to); err != nil {
		return err
	}
	p.password = to
	if !r.sins[SilentChanges] {
		r.mail.send(p.mail, fmt.Sprintf("The password of %s was changed. If that was not you, answer this mail at once.", p.name))
	}
	return nil
}

// personOf is who is logged in.
func (r *Registry) personOf(by asker) (*person, error) {
	if by.token == nil || by.token.kind != forSession || r.people[by.token.owner] == nil {
		return nil, refuse(http.StatusUnauthorized, "log in with name and password first")
	}
	return r.people[by.token.owner], nil
}

// confirm asks for the password again: a stolen session must not be enough to
// take an account over.
func (r *Registry) confirm(p *person, password string, by asker) error {
	if err := r.throttled(by.source, p.name); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(p.password), []byte(password)) != 1 {
		r.wrong(by.source, p.name)
		return refuse(http.StatusUnauthorized, "the password does not fit")
	}
	return nil
}

// factorBytes is the length of a second factor's secret: RFC 4226 asks for
// 128 bits and recommends 160.
const factorBytes = 20

// offerFactor starts to set a second factor up.
func (r *Registry) offerFactor(by asker, password string) (string, error) {
	p, err := r.personOf(by)
	if err != nil {
		return "", err
	}
	if err := r.confirm(p, password, by); err != nil {
		return "", err
	}
	length := factorBytes
	if r.sins[NoSecondFactor] {
		length = 1
	}
	p.offered = make([]byte, length)
	_, _ = rand.Read(p.offered) // it never returns an error
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(p.offered)
	r.secrets = append(r.secrets, text)
	return fmt.Sprintf("otpauth://totp/good:%s?secret=%s&issuer=good&algorithm=SHA1&digits=6&period=30", url.PathEscape(p.name), text), nil
}

// confirmFactor puts the offered one into force.
func (r *Registry) confirmFactor(by asker, code string) error {
	p, err := r.personOf(by)
	if err != nil {
		return err
	}
	if p.offered == nil {
		return refuse(http.StatusConflict, "there is no second factor to confirm: ask for one first")
	}
	if !fits(p.offered, code, r.now()) {
		return refuse(http.StatusUnauthorized, "the code does not fit: wait for the next one")
	}
	p.factor, p.offered = p.offered, nil
	r.mail.send(p.mail, "A second factor was set up for "+p.name+".")
	return nil
}

// verifyMail takes back what was sent to an address.
func (r *Registry) verifyMail(by asker, proof string) error {
	if err := r.throttled(by.source, ""); err != nil {
		return err
	}
	for _, p := range r.people {
		if proof != "" && subtle.ConstantTimeCompare([]byte(p.proof), []byte(proof)) == 1 {
			p.proof, p.verified = "", true
			return nil
		}
	}
	r.wrong(by.source, "")
	return refuse(http.StatusForbidden, "this was not sent to any address that waits to be verified")
}

// The parameters of RFC 6238 that every authenticator app knows.
const (
	codeStep   = 30
	codeDigits = 1_000_000
)

// fits checks a code of RFC 6238, of this step or its neighbours: clocks
// differ.
func fits(secret []byte, code string, now time.Time) bool {
	for _, drift := range []int64{0, -1, 1} {
		var counter [8]byte
		binary.BigEndian.PutUint64(counter[:], uint64(now.Unix()/codeStep+drift))
		mac := hmac.New(sha1.New, secret)
		mac.Write(counter[:])
		sum := mac.Sum(nil)
		at := sum[len(sum)-1] & 0x0f
		value := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
		if subtle.ConstantTimeCompare([]byte(fmt.Sprintf("%06d", value%codeDigits)), []byte(code)) == 1 {
			return true
		}
	}
	return false
}

// parties makes the accounts that exist from the start, with their tokens.
func (r *Registry) parties() {
	for _, name := range []string{houseName, publisherName, strangerName} {
		r.people[name] = &person{name: name, mail: name + "@mail.example", service: true, verified: true}
	}
	for _, w := range worlds() {
		e := w.ecosystem
		for i, name := range []string{publisherName, strangerName} {
			t := r.issue(&token{owner: name, kind: forPublishing, whole: true, names: []string{claimKey(e, []string{w.first, w.second}[i]+"*")}, expires: r.now().Add(tokenLife)})
			if name == publisherName {
				r.publisher[e] = t.secret
			} else {
				r.stranger[e] = t.secret
			}
		}
	}
}
