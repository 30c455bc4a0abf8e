package ecosystemtest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

var _ Hosted = GoWorld{}

// Private implements Hosted.
func (GoWorld) Private(short string) string { return "corp.example/vaultworks/" + short }

// Claim implements Hosted.
func (GoWorld) Claim() string { return "pkg:golang/corp.example/vaultworks/*" }

// Upload implements Hosted: the go command publishes nothing, so that this is
// what "assay publish" sends to the JSON interface, beside the places.
func (GoWorld) Upload(ctx context.Context, base, token string, up Upload) (Reply, error) {
	made, err := packGo(GoVersion{Path: up.Name, Version: up.Version}, up.Edition)
	if err != nil {
		return Reply{}, err
	}
	zip := made.zip
	if up.Broken {
		zip = zip[:len(zip)/2]
	}
	place := strings.TrimSuffix(base, "/")
	slash := strings.LastIndexByte(place, '/') + 1
	address := place[:slash] + "api/v1/publish/" + place[slash:] + "?" + url.Values{"module": {up.Name}, "version": {up.Version}}.Encode()
	reply, err := send(ctx, http.MethodPut, address, zip, "Content-Type", "application/zip", "Authorization", bearer(token))
	reply.Sent = zip
	return reply, err
}

// Probes implements Hosted.
func (w GoWorld) Probes(name, version string) []Probe {
	at := escapedPath(name)
	slash := strings.LastIndexByte(name, '/') + 1
	odd := name[:slash] + "!" + name[slash:] // a capital, escaped
	paths := []string{
		at + "/@v/list", at + "/@latest", at + "/@v/" + version + ".info", at + "/@v/" + version + ".mod", at + "/@v/" + version + ".zip",
		at + "/@v/v1.99.0.info", at + "/@v/v1.99.0.mod", at + "/@v/v1.99.0.zip", at + "/@v/master.info", at + "/@v/v0.0.0-20200101000000-0123456789ab.info",
		at + "/v2/@v/list", at + "/inner/@v/list", at + "/inner/@latest", odd + "/@v/list", odd + "/@latest",
		strings.ReplaceAll(at, "/", "%2f") + "/@v/list", at + "/@v/%6cist", strings.ToUpper(name) + "/@v/list",
		"sumdb/" + SumDBName + "/lookup/" + at + "@" + version, "sumdb/" + SumDBName + "/lookup/" + at + "@v1.99.0",
		"sumdb/" + SumDBName + "/lookup/" + odd + "@" + version,
	}
	probes := make([]Probe, len(paths))
	for i, path := range paths {
		probes[i] = Probe{Path: path}
	}
	return probes
}
