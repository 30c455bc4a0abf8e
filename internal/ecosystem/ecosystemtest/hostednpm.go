package ecosystemtest

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

var _ Hosted = NPMWorld{}

// Private implements Hosted.
func (NPMWorld) Private(short string) string { return "@vaultworks/" + short }

// Claim implements Hosted.
func (NPMWorld) Claim() string { return "pkg:npm/@vaultworks/*" }

// Upload implements Hosted: one document with the tarball in it, as npm
// publish sends it.
func (w NPMWorld) Upload(ctx context.Context, base, token string, up Upload) (Reply, error) {
	version := NPMVersion{Name: up.Name, Version: up.Version}
	tarball, err := npmTarball(version, up.Edition)
	if err != nil {
		return Reply{}, err
	}
	if up.Broken {
		tarball = tarball[:len(tarball)/2]
	}
	file := up.Name[strings.LastIndexByte(up.Name, '/')+1:] + "-" + up.Version + ".tgz"
	shasum := sha1.Sum(tarball)
	manifest := packageJSON(version)
	manifest["_id"] = up.Name + "@" + up.Version
	manifest["dist"] = map[string]any{
		"tarball": base + up.Name + "/-/" + file, "integrity": integrity(tarball), "shasum": hex.EncodeToString(shasum[:]),
	}
	document, err := json.Marshal(map[string]any{
		"_id": up.Name, "name": up.Name,
		"dist-tags": map[string]string{"latest": up.Version},
		"versions":  map[string]any{up.Version: manifest},
		"_attachments": map[string]any{file: map[string]any{
			"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(tarball), "length": len(tarball),
		}},
	})
	if err != nil {
		return Reply{}, fmt.Errorf("making the document of %s@%s: %w", up.Name, up.Version, err)
	}
	reply, err := send(ctx, http.MethodPut, base+w.ListingPath(up.Name), document, "Content-Type", "application/json", "Authorization", bearer(token))
	reply.Sent = tarball
	return reply, err
}

// Probes implements Hosted.
func (w NPMWorld) Probes(name, version string) []Probe {
	const abbreviated = "application/vnd.npm.install-v1+json"
	scope, short, _ := strings.Cut(name, "/")
	escaped := w.ListingPath(name)
	return []Probe{
		{Path: escaped}, {Path: escaped, Accept: abbreviated}, {Path: name}, {Path: escaped + "?write=true"},
		{Path: strings.Replace(name, "/", "%2F", 1)}, {Path: "%40" + escaped[1:]}, {Path: scope + "/" + strings.ToUpper(short)}, {Path: name + "/"},
		{Path: name + "/" + version}, {Path: name + "/latest"}, {Path: name + "/99.0.0"},
		{Path: w.FilePath(name, version)}, {Path: w.FilePath(name, "99.0.0")}, {Path: escaped + "/-/" + short + "-" + version + ".tgz"},
		{Path: name + "/-/" + scope + "/" + short + "-" + version + ".tgz"},
		{Path: "-/package/" + escaped + "/dist-tags"}, {Path: "-/package/" + name + "/dist-tags"},
		{Path: "-/npm/v1/attestations/" + escaped + "@" + version},
		{Path: "-/v1/search?text=" + name}, {Path: "-/v1/search?text=" + escaped}, {Path: "-/v1/search?text=scope:vaultworks%20" + short},
		{Path: "-/v1/search?text=%2540vaultworks%252f" + short},
		{Method: http.MethodPost, Path: "-/npm/v1/security/advisories/bulk", ContentType: "application/json",
			Body: fmt.Sprintf(`{%q:[%q],"lodash":["4.17.21"]}`, name, version)},
		{Method: http.MethodPost, Path: "-/npm/v1/security/audits/quick", ContentType: "application/json",
			Body: fmt.Sprintf(`{"name":"app","version":"1.0.0","requires":{%[1]q:%[2]q},"dependencies":{%[1]q:{"version":%[2]q}}}`, name, version)},
	}
}
