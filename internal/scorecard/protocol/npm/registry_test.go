package npm

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"assay.invalid/internal/ecosystem/npm/wire"
)

// registry is a small npm registry that answers rightly.
type registry struct {
	mu        sync.Mutex
	documents map[string]map[string]any
	files     map[string][]byte // by path below /npm/
	bundles   map[string]string
	revision  int
	people    map[string]string // passwords
	factor    map[string]bool
	tokens    map[string]map[string]any // by secret
	zipped    bool                      // audits must be compressed
}

func newRegistry() *registry {
	return &registry{
		documents: map[string]map[string]any{}, files: map[string][]byte{}, bundles: map[string]string{},
		people: map[string]string{}, factor: map[string]bool{},
		tokens: map[string]map[string]any{"secret": {"owner": "publisher"}},
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(raw)
}

type bag = map[string]any

func no(w http.ResponseWriter, status int, words string) { answer(w, status, bag{"error": words}) }

func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/npm/")
	body, _ := io.ReadAll(r.Body)
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	token := g.tokens[bearer]
	switch {
	case path == "-/ping":
		answer(w, 200, bag{})
	case path == "-/whoami" && token != nil:
		answer(w, 200, bag{"username": token["owner"]})
	case path == "-/whoami":
		no(w, 401, "this token is not known here")
	case path == "-/v1/search":
		var found []any
		for name := range g.documents {
			if strings.Contains(name, r.URL.Query().Get("text")) {
				found = append(found, bag{"package": bag{"name": name}})
			}
		}
		answer(w, 200, bag{"objects": append([]any{}, found...), "total": len(found)})
	case path == "-/npm/v1/security/advisories/bulk":
		g.audit(w, r, body)
	case path == "_changes":
		answer(w, 200, bag{"results": []any{
			bag{"seq": 3, "id": "b", "kind": "removed", "name": "b", "version": "1.0.0", "reason": "was malware", "time": "2026-01-03T00:00:00Z"},
			bag{"seq": 2, "id": "a", "deleted": true},
			bag{"seq": 1, "id": "a"},
		}, "last_seq": 3})
	case strings.HasPrefix(path, "-/user/org.couchdb.user:"):
		g.user(w, r, body)
	case path == "-/npm/v1/user":
		g.profile(w, token, body)
	case strings.HasPrefix(path, "-/npm/v1/tokens"):
		g.token(w, r, path, body)
	case strings.HasPrefix(path, "-/npm/v1/oidc/token/exchange/package/"):
		if bearer != "trusted" {
			no(w, 401, "OIDC token exchange error: the issuer is not trusted")
			return
		}
		answer(w, 201, bag{"token": "exchanged", "token_type": "oidc", "expires": "2026-01-01T01:00:00.000Z"})
	default:
		g.pack(w, r, path, token, body)
	}
}

func (g *registry) audit(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Header.Get("Content-Encoding") == "gzip" {
		zr, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			no(w, 400, "not compressed")
			return
		}
		body, _ = io.ReadAll(zr)
	} else if g.zipped {
		no(w, 415, "only gzip here")
		return
	}
	var asked map[string][]string
	if json.Unmarshal(body, &asked) != nil {
		no(w, 400, "no JSON")
		return
	}
	said := bag{}
	if len(asked["lodash"]) == 1 {
		said["lodash"] = []any{
			bag{"id": 1, "url": "https://advisories.example/GHSA-aaaa-bbbb-cccc", "vulnerable_versions": "<4.17.21"},
			bag{"id": 77, "url": "https://advisories.example/advisories/77", "vulnerable_versions": "<5"},
			bag{"id": 3, "url": "https://advisories.example/GHSA-dddd-eeee-ffff", "vulnerable_versions": "<1.0.0"},
		}
	}
	answer(w, 200, said)
}

func (g *registry) user(w http.ResponseWriter, r *http.Request, body []byte) {
	name, err := url.PathUnescape(r.URL.EscapedPath()[strings.LastIndex(r.URL.EscapedPath(), ":")+1:])
	if err != nil {
		no(w, 400, "no name")
		return
	}
	if r.Method == http.MethodGet {
		answer(w, 200, bag{"name": name, "email": name + "@mail.example"})
		return
	}
	var sent struct{ Name, Password, Email string }
	if json.Unmarshal(body, &sent) != nil || sent.Name != name {
		no(w, 400, "not a person")
		return
	}
	if basic, password, ok := r.BasicAuth(); ok {
		switch {
		case basic != name || g.people[name] != password || password != sent.Password:
			no(w, 401, "unauthorized: wrong name or password")
		case g.factor[name] && r.Header.Get("Npm-Otp") != "123456":
			w.Header().Set("WWW-Authenticate", "OTP")
			no(w, 401, "give the code of your device")
		default:
			answer(w, 201, bag{"ok": true, "token": "token-of-" + name})
		}
		return
	}
	switch {
	case g.people[name] != "":
		no(w, 409, "user already exists")
	case sent.Password == "password" || sent.Email == "":
		no(w, 422, "this password is known to everybody")
	default:
		g.people[name] = sent.Password
		g.tokens["token-of-"+name] = bag{"owner": name}
		answer(w, 201, bag{"ok": true, "id": "org.couchdb.user:" + name, "token": "token-of-" + name})
	}
}

func (g *registry) profile(w http.ResponseWriter, token bag, body []byte) {
	owner, _ := token["owner"].(string)
	var sent struct {
		Password struct{ Old, New string }
		TFA      json.RawMessage
	}
	if owner == "" || json.Unmarshal(body, &sent) != nil {
		no(w, 401, "who are you?")
		return
	}
	var start struct{ Password, Mode string }
	var codes []string
	switch {
	case sent.Password.New != "" && sent.Password.Old == g.people[owner]:
		g.people[owner] = sent.Password.New
		answer(w, 200, bag{"name": owner})
	case sent.Password.New != "":
		no(w, 401, "the old password is wrong")
	case json.Unmarshal(sent.TFA, &start) == nil && start.Password == g.people[owner] && start.Mode == "auth-and-writes":
		answer(w, 200, bag{"tfa": "otpauth://totp/registry.example:" + owner + "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
	case json.Unmarshal(sent.TFA, &codes) == nil && len(codes) == 1 && codes[0] == "123456":
		g.factor[owner] = true
		answer(w, 200, bag{"tfa": []string{"recovery-1", "recovery-2"}})
	default:
		no(w, 401, "the code is wrong")
	}
}

func (g *registry) token(w http.ResponseWriter, r *http.Request, path string, body []byte) {
	if key, ok := strings.CutPrefix(path, "-/npm/v1/tokens/token/"); ok && r.Method == http.MethodDelete {
		for secret, t := range g.tokens {
			if t["key"] == key {
				delete(g.tokens, secret)
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var sent map[string]any
	if json.Unmarshal(body, &sent) != nil || sent["password"] == nil {
		no(w, 401, "the password is wrong")
		return
	}
	secret := fmt.Sprintf("made-%d", len(g.tokens))
	sent["key"], sent["token"], sent["owner"] = "key-"+secret, secret, "publisher"
	delete(sent, "password")
	g.tokens[secret] = sent
	answer(w, 201, sent)
}

// pack answers for packages and their files.
func (g *registry) pack(w http.ResponseWriter, r *http.Request, path string, token bag, body []byte) {
	if scope, rest, ok := strings.Cut(path, "/"); ok && strings.HasPrefix(scope, "@") && !strings.Contains(scope, "%") {
		path = scope + "%2f" + rest // files lie below the plain name
	}
	parts := strings.Split(path, "/")
	name, err := wire.Name(parts[0])
	if err != nil {
		no(w, 400, "no package is called so")
		return
	}
	if r.Method != http.MethodGet && token == nil {
		no(w, 401, "a token is needed")
		return
	}
	document := g.documents[name]
	rest := strings.Join(parts[1:], "/")
	switch {
	case r.Method == http.MethodGet && strings.HasPrefix(rest, "-/"):
		if file, ok := g.files[name+"/"+rest]; ok {
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(file)
			return
		}
		no(w, 404, "no such file")
	case r.Method == http.MethodGet && document == nil:
		no(w, 404, "Not found")
	case r.Method == http.MethodGet:
		answer(w, 200, document)
	case r.Method == http.MethodPut && rest == "":
		g.publish(w, r, name, body)
	case document == nil || !strings.HasSuffix(rest, "-rev/"+document["_rev"].(string)):
		no(w, 409, "it has changed meanwhile")
	case r.Method == http.MethodPut:
		g.replace(w, name, body)
	case strings.HasPrefix(rest, "-/"):
		delete(g.files, name+"/"+strings.TrimSuffix(rest, "/-rev/"+document["_rev"].(string)))
		g.revise(document)
		answer(w, 200, bag{"ok": true})
	default:
		delete(g.documents, name)
		answer(w, 200, bag{"ok": true})
	}
}

func (g *registry) revise(document bag) {
	g.revision++
	document["_rev"] = fmt.Sprintf("%d-x", g.revision)
}

func (g *registry) replace(w http.ResponseWriter, name string, body []byte) {
	var sent map[string]any
	if json.Unmarshal(body, &sent) != nil {
		no(w, 400, "no JSON")
		return
	}
	for _, key := range []string{"versions", "dist-tags", "maintainers"} {
		if sent[key] != nil {
			g.documents[name][key] = sent[key]
		}
	}
	g.revise(g.documents[name])
	answer(w, 201, bag{"ok": true})
}

func (g *registry) publish(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	var sent struct {
		Name        string
		Tags        map[string]any `json:"dist-tags"`
		Versions    map[string]any
		Access      string
		Attachments map[string]struct {
			Type   string `json:"content_type"`
			Data   string
			Length int
		} `json:"_attachments"`
	}
	if json.Unmarshal(body, &sent) != nil || sent.Name != name {
		no(w, 400, "it is about another package")
		return
	}
	if len(sent.Attachments) == 0 {
		g.replace(w, name, body)
		return
	}
	document := g.documents[name]
	if document == nil {
		document = bag{"_id": name, "name": name, "versions": bag{}, "dist-tags": bag{}, "time": bag{}, "maintainers": []any{bag{"name": "publisher"}}}
	}
	for version, m := range sent.Versions {
		if document["versions"].(bag)[version] != nil {
			no(w, 403, "it is published already, and stays as it is")
			return
		}
		a := sent.Attachments[name+"-"+version+".tgz"]
		content, err := base64.StdEncoding.DecodeString(a.Data)
		if err != nil || len(content) != a.Length || sent.Access != "public" {
			no(w, 400, "the attachment is wrong")
			return
		}
		file := name + "/-/" + wire.FileName(name, version)
		manifest := m.(bag)
		manifest["dist"].(bag)["tarball"] = "http://" + r.Host + "/npm/" + file
		document["versions"].(bag)[version] = m
		document["dist-tags"] = sent.Tags
		document["time"].(bag)[version] = "2026-01-02T03:04:05.000Z"
		g.files[file] = content
		g.bundles[name+"@"+version] = sent.Attachments[name+"-"+version+".sigstore"].Data
	}
	g.documents[name] = document
	g.revise(document)
	answer(w, 201, bag{"success": true})
}
