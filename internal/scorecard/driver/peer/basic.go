package peer

import (
	"crypto/sha1" //nolint:gosec // the form of a password file that every server reads
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"assay.invalid/internal/scorecard"
)

// Basic writes a credential of name:password, as drivers of servers without
// tokens make them, into a request's header.
func Basic(h http.Header, secret string) {
	name, password, _ := strings.Cut(secret, ":")
	r := http.Request{Header: h}
	r.SetBasicAuth(name, password)
}

// Passwords makes the two parties with a password each and writes them to a
// password file in the form that Apache's htpasswd made known. SHA-1 does for
// passwords of 160 random bits that last some minutes.
func (p *Peer) Passwords() (path string, err error) {
	var lines strings.Builder
	for _, party := range []struct {
		who string
		to  *scorecard.Credential
	}{{"publisher", &p.PublisherCredential}, {"stranger", &p.StrangerCredential}} {
		if *party.to, err = p.Person(party.who); err != nil {
			return "", err
		}
		name, password, _ := strings.Cut(party.to.Secret, ":")
		sum := sha1.Sum([]byte(password)) //nolint:gosec // as above
		fmt.Fprintf(&lines, "%s:{SHA}%s\n", name, base64.StdEncoding.EncodeToString(sum[:]))
	}
	return p.Write("passwords", []byte(lines.String()))
}

// Person makes the name and the password of a party, as one credential.
func (p *Peer) Person(who string) (scorecard.Credential, error) {
	password, err := Password()
	if err != nil {
		return scorecard.Credential{}, err
	}
	c := scorecard.Credential{Who: who, Secret: who + ":" + password}
	p.Keep(password, c.Secret)
	return c, nil
}
