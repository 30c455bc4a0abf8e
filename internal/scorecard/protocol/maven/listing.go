package maven

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/order"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// Listing asks for the metadata, then for the POM and the side files of the
// newest versions.
func (a *acts) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	l, answer := a.list(ctx, as, name)
	if answer.Verdict != scorecard.Accepted {
		return l, answer
	}
	of, _ := readName(name)
	versions := newestFirst(l)
	for _, version := range versions[:min(len(versions), a.limits.Looked)] {
		v, heard := a.look(ctx, as, of, version)
		l.Versions[version] = v
		a.files.Put(name, version, v.File)
		if !heard {
			break // no answer at all ends the asking
		}
	}
	return l, answer
}

// list asks for the metadata alone.
func (a *acts) list(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	of, ok := readName(name)
	if !ok {
		return scorecard.Listing{}, asking.Unclear("%q cannot be asked for: it is no group/artifact", name)
	}
	res, answer := a.ask(ctx, asking.Question{URL: a.base + of.folder() + metadataFile, As: as, Limit: a.limits.Metadata})
	return readListing(a.base, name, of, res, answer, a.limits.Versions)
}

func (a *acts) ask(ctx context.Context, q asking.Question) (scorecard.Response, scorecard.Answer) {
	return a.subject.Ask(ctx, q, nil)
}

// readListing is the listing in an answer.
func readListing(base, name string, of artifact, res scorecard.Response, answer scorecard.Answer, most int) (scorecard.Listing, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, answer
	}
	if len(res.Body) == 0 || asking.IsWebPage(res) {
		return scorecard.Listing{}, asking.Spoilt(answer, "answered with %s instead of a %s", asking.KindOf(res), metadataFile)
	}
	m, err := readMetadata(of, res.Body, most)
	if err != nil {
		return scorecard.Listing{}, asking.Spoilt(answer, "answered with a %s that is not sound: %v", metadataFile, err)
	}
	l := scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{}, Gone: map[string]string{}, Header: asking.KeptHeaders(res.Header), Raw: res.Body}
	for _, version := range m.Versioning.Versions {
		l.Versions[version] = scorecard.Version{File: base + of.file(version, "jar"), Status: assay.Active}
	}
	// What the metadata calls the newest release is what clients take that ask
	// for one; where it names none, or one that is not listed, the highest.
	for _, named := range []string{m.Versioning.Release, m.Versioning.Latest} {
		if _, listed := l.Versions[named]; listed && l.Latest == "" && !order.Prerelease(assay.Maven, named) {
			l.Latest = named
		}
	}
	if l.Latest == "" {
		l.Latest = order.Newest(assay.Maven, m.Versioning.Versions)
	}
	return l, answer
}

// newestFirst are the versions that a client would choose from, then the rest.
func newestFirst(l scorecard.Listing) []string {
	var all []string
	for version := range l.Versions {
		all = append(all, version)
	}
	slices.SortFunc(all, func(x, y string) int {
		if a, b := order.Prerelease(assay.Maven, x), order.Prerelease(assay.Maven, y); a != b {
			if a {
				return 1
			}
			return -1
		}
		return order.Compare(assay.Maven, y, x)
	})
	return all
}

// look reads the POM and the side files of a version. It says whether there
// was any answer.
func (a *acts) look(ctx context.Context, as scorecard.Credential, of artifact, version string) (v scorecard.Version, heard bool) {
	v = scorecard.Version{File: a.base + of.file(version, "jar"), Digests: map[string]string{}, Dependencies: map[string]string{}}
	res, answer := a.ask(ctx, asking.Question{URL: a.base + of.file(version, "pom"), As: as, Limit: a.limits.POM})
	if answer.Status == 0 {
		return v, false
	}
	if answer.Verdict == scorecard.Accepted && !asking.IsWebPage(res) {
		describe(&v, of, a.base, version, res)
	}
	for _, algorithm := range []string{"sha512", "sha256", "sha1", "md5"} {
		res, answer := a.ask(ctx, asking.Question{URL: v.File + "." + algorithm, As: as, Limit: a.limits.Side})
		if answer.Status == 0 {
			return v, false
		}
		if digest, ok := readSide(algorithm, res, answer); ok {
			v.Digests[algorithm] = digest
			break // weaker ones would say nothing more
		}
	}
	return v, true
}

// describe adds what a POM and the header that it came with say.
func describe(v *scorecard.Version, of artifact, base, version string, res scorecard.Response) {
	p, ok := readPOM(of, res.Body)
	if !ok {
		return
	}
	if at, err := http.ParseTime(res.Header.Get("Last-Modified")); err == nil {
		v.Published = at
	}
	v.File = base + of.file(version, endOf(p.Packaging))
	v.Homepage, v.Repository = asking.Typed(strings.TrimSpace(p.Homepage)), asking.Typed(strings.TrimSpace(p.SCM.URL))
	if len(p.Developers) > 0 {
		v.Mail = asking.Typed(strings.TrimSpace(p.Developers[0].Email))
	}
	for _, d := range p.Dependencies {
		v.Dependencies[asking.Typed(strings.TrimSpace(d.Group)+"/"+strings.TrimSpace(d.Artifact))] = asking.Typed(strings.TrimSpace(d.Version))
	}
}

// readSide reads a side file: the digest, and in old ones the name behind it.
func readSide(algorithm string, res scorecard.Response, answer scorecard.Answer) (string, bool) {
	if answer.Verdict != scorecard.Accepted {
		return "", false
	}
	fields := strings.Fields(string(res.Body))
	if len(fields) == 0 {
		return "", false
	}
	return asking.Digest(algorithm, fields[0])
}

// File fetches a version's main file from where a listing said that it is,
// also when it has left the listing since; else its jar.
func (a *acts) File(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
	of, ok := readName(name)
	if !ok || !isVersion(version) {
		return scorecard.File{}, asking.Unclear("%q cannot be asked for: it is no version of a group/artifact", name+" "+version)
	}
	at, known := a.files.Get(name, version)
	if !known {
		at = a.base + of.file(version, "jar")
		res, answer := a.ask(ctx, asking.Question{URL: a.base + of.file(version, "pom"), As: as, Limit: a.limits.POM})
		if answer.Status == 0 {
			return scorecard.File{}, answer
		}
		if p, ok := readPOM(of, res.Body); answer.Verdict == scorecard.Accepted && ok {
			at = a.base + of.file(version, endOf(p.Packaging))
		}
		a.files.Put(name, version, at)
	}
	res, answer := a.ask(ctx, asking.Question{URL: at, As: as, Limit: a.limits.File, Accept: "*/*", Header: map[string]string{"Accept-Encoding": "identity"}})
	if strings.HasSuffix(at, ".pom") && answer.Verdict == scorecard.Accepted && len(res.Body) > 0 && !asking.IsWebPage(res) {
		return scorecard.File{Body: res.Body, Digests: asking.Digests(res.Body)}, answer // text all the same
	}
	return asking.ReadFile(res, answer)
}
