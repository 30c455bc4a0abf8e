package pypi

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"golang.org/x/net/html"

	"assay.invalid/internal/scorecard/protocol/asking"
)

// file is one file as an index lists it, in either form.
type file struct {
	name, url  string
	digests    map[string]string
	yanked     bool
	why        string // of the yank
	uploaded   time.Time
	provenance string
}

// page is what an index says of a project.
type page struct {
	files []file
	// status and reason are those of the project (PEP 792), "" for none.
	status, reason string
}

// readJSON reads the JSON form (PEP 691). at is where it came from.
func readJSON(project, at string, body []byte, most int) (page, error) {
	document := asking.Members(body)
	if document == nil {
		return page{}, errors.New("it is no JSON object")
	}
	if version := asking.Text(asking.Members(document["meta"])["api-version"]); !strings.HasPrefix(version, "1.") {
		return page{}, fmt.Errorf("its api-version is %q, and not one of the first", version)
	}
	if name := asking.Text(document["name"]); normal(name) != project {
		return page{}, fmt.Errorf("it is about %q", name)
	}
	all := asking.List(document["files"])
	switch {
	case all == nil:
		return page{}, errors.New("it has no list of files")
	case len(all) > most:
		return page{}, fmt.Errorf("it lists %d files, which is more than %d", len(all), most)
	}
	status := asking.Members(document["project-status"])
	p := page{status: asking.Text(status["status"]), reason: asking.Text(status["reason"])}
	for _, raw := range all {
		m := asking.Members(raw)
		f := file{name: asking.Text(m["filename"]), url: asking.Absolute(at, asking.Text(m["url"])), digests: map[string]string{}}
		if f.name == "" {
			return page{}, errors.New("it lists a file without a name")
		}
		for algorithm, value := range asking.Members(m["hashes"]) {
			if digest, ok := asking.Digest(algorithm, asking.Text(value)); ok {
				f.digests[strings.ToLower(algorithm)] = digest
			}
		}
		// PEP 592: true, or the reason for it. An empty reason is a yank too.
		switch yanked := bytes.TrimSpace(m["yanked"]); {
		case len(yanked) == 0, string(yanked) == "null", string(yanked) == "false":
		case string(yanked) == "true":
			f.yanked = true
		default:
			f.yanked, f.why = true, asking.Text(yanked)
		}
		if uploaded, err := time.Parse(time.RFC3339Nano, asking.Text(m["upload-time"])); err == nil {
			f.uploaded = uploaded
		}
		f.provenance = asking.Absolute(at, asking.Text(m["provenance"]))
		p.files = append(p.files, f)
	}
	return p, nil
}

// readHTML reads the HTML form (PEP 503). at is where it came from.
func readHTML(project, at string, body []byte, most int) (page, error) {
	var p page
	declared := false
	links, err := links(at, body, most, func(name, content string) {
		switch name {
		case "pypi:repository-version":
			declared = strings.HasPrefix(content, "1.")
		case "pypi:project-status":
			p.status = asking.Typed(content)
		case "pypi:project-status-reason":
			p.reason = asking.Typed(content)
		}
	})
	if err != nil {
		return page{}, err
	}
	known := false
	for _, l := range links {
		u, err := url.Parse(l.address)
		if err != nil || l.address == "" {
			continue
		}
		f := file{name: path.Base(u.Path), url: l.address, yanked: l.yanked, why: l.why, provenance: l.provenance, digests: map[string]string{}}
		if algorithm, value, ok := strings.Cut(l.fragment, "="); ok {
			if digest, sound := asking.Digest(algorithm, value); sound {
				f.digests[strings.ToLower(algorithm)] = digest
			}
		}
		_, k := readFileName(project, f.name)
		known = known || k != unknown
		p.files = append(p.files, f)
	}
	// Any page has links. One that is an index says so, or has files of the
	// project, or at least the heading that all servers write.
	if !known && !declared && !bytes.Contains(bytes.ToLower(body[:min(len(body), 4<<10)]), []byte("links for "+project)) {
		return page{}, errors.New("it is a web page that lists no file of the project")
	}
	return p, nil
}

// link is one link of a page of the HTML form.
type link struct {
	text, address, fragment string
	yanked                  bool
	why, provenance         string
}

// links are all of a page, with what its <meta> elements say told to meta.
func links(at string, body []byte, most int, meta func(name, content string)) ([]link, error) {
	var all []link
	open := false
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return all, nil // the end, or bytes after which nothing can be read
		}
		token := z.Token()
		switch {
		case kind == html.TextToken && open:
			last := &all[len(all)-1]
			last.text = strings.TrimSpace(asking.Typed(last.text + token.Data))
		case kind == html.EndTagToken && token.Data == "a":
			open = false
		case kind != html.StartTagToken && kind != html.SelfClosingTagToken:
		case token.Data == "base":
			if base := asking.Absolute(at, attribute(token, "href")); base != "" {
				at = base
			}
		case token.Data == "meta":
			meta(attribute(token, "name"), attribute(token, "content"))
		case token.Data == "a":
			if len(all) == most {
				return nil, fmt.Errorf("it has more than %d links", most)
			}
			href := attribute(token, "href")
			l := link{address: asking.Absolute(at, href), provenance: asking.Absolute(at, attribute(token, "data-provenance"))}
			_, l.fragment, _ = strings.Cut(href, "#")
			for _, a := range token.Attr {
				if a.Key == "data-yanked" {
					l.yanked, l.why = true, a.Val
				}
			}
			all, open = append(all, l), kind == html.StartTagToken
		}
	}
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
