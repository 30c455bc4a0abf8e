package web

import (
	"crypto/sha256"
	_ "embed" // the assets
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

//go:embed assay.css
var stylesheet string

//go:embed icon.svg
var icon string

//go:embed marks.svg
var marks string

//go:embed live.js
var live string

// ContentPolicy is the Content-Security-Policy of every page but one. The
// shapes are used from a file of the same origin, which not every browser
// counts as an image.
const ContentPolicy = "default-src 'self'; script-src 'none'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// ContentPolicyWithScript is the policy of a page with a script of its own,
// which carries the nonce. Nothing else of this origin can run, not even a
// file of a package that somebody has made look like a script.
func ContentPolicyWithScript(nonce string) string {
	return strings.Replace(ContentPolicy, "script-src 'none'", "script-src 'nonce-"+nonce+"'", 1)
}

// AssetsPrefix is where Assets is mounted.
const AssetsPrefix = "/assets/"

// LiveScript is the asset that keeps a list of decisions up to date.
const LiveScript = "live.js"

// asset returns an asset's content and its type; none has no type.
func asset(name string) (content, mediaType string) {
	switch name {
	case "assay.css":
		return stylesheet, "text/css; charset=utf-8"
	case "icon.svg":
		return icon, "image/svg+xml"
	case "marks.svg":
		return marks, "image/svg+xml"
	case LiveScript:
		return live, "text/javascript; charset=utf-8"
	}
	return "", ""
}

// AssetPath is an asset's address. It changes with the content, so that a
// browser may keep it for ever.
func AssetPath(name string) string {
	content, _ := asset(name)
	sum := sha256.Sum256([]byte(content))
	return AssetsPrefix + name + "?v=" + hex.EncodeToString(sum[:4])
}

// Assets serves the assets; ok is false for any other path.
func Assets(w http.ResponseWriter, r *http.Request) (ok bool) {
	name, _ := strings.CutPrefix(r.URL.Path, AssetsPrefix)
	content, mediaType := asset(name)
	if mediaType == "" {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	return true
}
