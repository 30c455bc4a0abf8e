package badregistry

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// called is what a driver's call carries; each act uses what it needs.
type called struct {
	Ecosystem assay.Ecosystem `json:"ecosystem,omitempty"`
	Secret    string          `json:"secret,omitempty"` // whose credential
	Code      string          `json:"code,omitempty"`
	Name      string          `json:"name,omitempty"`
	Version   string          `json:"version,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Status    string          `json:"status,omitempty"`
	Person    string          `json:"person,omitempty"`
	Password  string          `json:"password,omitempty"`
	To        string          `json:"to,omitempty"`
	Mail      string          `json:"mail,omitempty"`
	Key       string          `json:"key,omitempty"`
	Names     []string        `json:"names,omitempty"`
	Seconds   float64         `json:"seconds,omitempty"`
	ReadOnly  bool            `json:"read_only,omitempty"`
	Manifest  map[string]any  `json:"manifest,omitempty"`
	Archive   []byte          `json:"archive,omitempty"`
	Bundle    []byte          `json:"bundle,omitempty"`
}

// said is what a driver's call answers.
type said struct {
	Text    string    `json:"text,omitempty"`
	Lines   []string  `json:"lines,omitempty"`
	Token   string    `json:"token,omitempty"`
	Key     string    `json:"key,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	Names   []string  `json:"names,omitempty"`
}

// controlled answers below /-/trial/: what the protocols have no call for.
// Only the driver has the credential; who acts is in the body.
func (r *Registry) controlled(req *http.Request, act string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	secret, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(secret), []byte(r.control)) != 1 {
		return asRefusal(refuse(http.StatusUnauthorized, "this is for the driver alone"), false)
	}
	var c called
	if req.Method != http.MethodPost || json.NewDecoder(req.Body).Decode(&c) != nil {
		return asRefusal(refuse(http.StatusBadRequest, "an act is sent with POST, as JSON"), false)
	}
	by, err := r.who(c.Secret, c.Code, sourceOf(req))
	if err != nil {
		return asRefusal(err, false)
	}
	for _, acts := range []func(*http.Request, string, asker, called) (said, bool, error){r.packageAct, r.accountAct, r.administratorAct} {
		out, known, err := acts(req, act, by, c)
		switch {
		case err != nil:
			return asRefusal(err, false)
		case known:
			return asJSON(http.StatusOK, out)
		}
	}
	return asRefusal(refuse(http.StatusNotImplemented, "there is no act %s", act), false)
}

// packageAct does what concerns packages.
func (r *Registry) packageAct(req *http.Request, act string, by asker, c called) (said, bool, error) {
	switch act {
	case "publish":
		return said{}, true, r.publish(req.Context(), by, upload{ecosystem: c.Ecosystem, name: c.Name, number: c.Version,
			manifest: c.Manifest, archive: c.Archive, bundle: c.Bundle})
	case "report":
		return said{Text: "thank you: somebody will look"}, true, r.report(req, c)
	case "remove", "set-status", "add-owner":
	default:
		return said{}, false, nil
	}
	p := r.packages[c.Ecosystem][c.Name]
	if p == nil {
		return said{}, true, notFound(c.Name)
	}
	if err := r.mayChange(by, p); err != nil {
		return said{}, true, err
	}
	if act == "add-owner" {
		return said{}, true, r.setOwners(by, p, append(slices.Clone(p.owners), c.Person))
	}
	if act == "remove" && c.Version == "" {
		r.removeAll(p, orWithdrawn(c.Reason))
		return said{}, true, nil
	}
	v := p.release(c.Version)
	if v == nil || act == "remove" && v.status == assay.Removed {
		return said{}, true, notFound(coordinateOf(c.Name, c.Version))
	}
	if act == "remove" {
		r.remove(p, v, orWithdrawn(c.Reason))
		return said{}, true, nil
	}
	var status assay.Status
	if err := status.UnmarshalText([]byte(c.Status)); err != nil {
		return said{}, true, refuse(http.StatusBadRequest, "%s", assay.PublicMessage(err))
	}
	return said{}, true, r.setStatus(p, v, status, c.Reason)
}

func orWithdrawn(reason string) string {
	if reason == "" {
		return withdrawn
	}
	return reason
}

// securityDesk is where reports arrive.
const securityDesk = "security@good.example"

// report takes a report of malware from anybody.
func (r *Registry) report(req *http.Request, c called) error {
	if r.sins[ReportsRefused] {
		return refuse(http.StatusForbidden, "reports are not taken here")
	}
	p, err := r.find(req.Context(), c.Ecosystem, c.Name)
	if err != nil {
		return err
	}
	if c.Version != "" && p.release(c.Version) == nil {
		return notFound(coordinateOf(c.Name, c.Version))
	}
	r.mail.send(securityDesk, "Reported as malware: "+claimKey(c.Ecosystem, coordinateOf(c.Name, c.Version))+": "+c.Reason)
	return nil
}

// accountAct does what concerns people and tokens.
func (r *Registry) accountAct(_ *http.Request, act string, by asker, c called) (said, bool, error) {
	switch act {
	case "sign-up":
		t, err := r.signUp(c.Person, c.Password, c.Mail)
		return ofToken(t, err)
	case "log-in":
		t, err := r.logIn(c.Person, c.Password, c.Code, by.source)
		return ofToken(t, err)
	case "who-am-i":
		if by.token == nil {
			return said{}, true, refuse(http.StatusUnauthorized, "you are nobody here yet: log in first")
		}
		return said{Text: by.token.owner}, true, nil
	case "change-password":
		return said{}, true, r.changePassword(by, c.Password, c.To)
	case "start-second-factor":
		address, err := r.offerFactor(by, c.Password)
		return said{Text: address}, true, err
	case "confirm-second-factor":
		return said{}, true, r.confirmFactor(by, c.Code)
	case "verify-mail":
		return said{}, true, r.verifyMail(by, c.Key)
	case "make-token":
		t, err := r.makeToken(by, wish{ecosystem: c.Ecosystem, names: c.Names, password: c.Password, readOnly: c.ReadOnly,
			life: time.Duration(c.Seconds * float64(time.Second))})
		return ofToken(t, err)
	case "revoke-token":
		return said{}, true, r.revoke(by, c.Key)
	case "report-token":
		return said{}, true, r.reportLeaked(c.Key)
	case "exchange-identity":
		t, err := r.exchange(c.Ecosystem, c.Name, c.Key)
		return ofToken(t, err)
	}
	return said{}, false, nil
}

func ofToken(t *token, err error) (said, bool, error) {
	if err != nil {
		return said{}, true, err
	}
	out := said{Token: t.secret, Key: t.key, Expires: t.expires}
	for _, name := range t.names {
		_, plain, _ := strings.Cut(name, " ")
		out.Names = append(out.Names, plain)
	}
	return out, true, nil
}

// administratorAct does what the driver may as administrator.
func (r *Registry) administratorAct(_ *http.Request, act string, _ asker, c called) (said, bool, error) {
	switch act {
	case "block":
		return said{}, true, r.block(c.Name, c.Reason)
	case "unblock":
		return said{}, true, r.unblock(c.Name)
	case "claim":
		return said{}, true, r.claim(c.Ecosystem, c.Name)
	case "advise":
		r.advise(c.Ecosystem, c.Name, c.Version)
		return said{}, true, nil
	case "events":
		happened, err := r.newestEvents(c.Ecosystem, 200)
		out := said{Lines: []string{}}
		for _, e := range happened {
			out.Lines = append(out.Lines, e.line())
		}
		return out, true, err
	case "acted":
		return said{Lines: slices.Clone(r.acted)}, true, nil
	case "erase-acted":
		return said{}, true, r.eraseActed()
	case "samples":
		return said{Lines: r.sampleOrder(c.Ecosystem)}, true, nil
	}
	return said{}, false, nil
}
