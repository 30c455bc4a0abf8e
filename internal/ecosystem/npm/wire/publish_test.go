package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"assay.invalid/internal/assay"
)

// sentLimits are limits that small documents reach.
var sentLimits = SentLimits{Tarball: 2000, Manifest: 3000, Depth: 8, Keys: 100, Versions: 3, Tags: 3}

const sentManifest = `{"name":"@acme/x","version":"1.0.0"}`

// sentDocument is a publication with the data of an attachment as it stands
// in the JSON.
func sentDocument(data string) string {
	return `{"name":"@acme/x","_attachments":{"@acme/x-1.0.0.tgz":{"data":"` + data + `"}},"versions":{"1.0.0":` + sentManifest + `},"dist-tags":{"latest":"1.0.0"}}`
}

func TestReadSent(t *testing.T) {
	text := strings.Repeat("tarball?", 100)
	plain := base64.StdEncoding.EncodeToString([]byte(text))
	data := strings.ReplaceAll(plain, "/", `\/`)
	for what, r := range map[string]io.Reader{
		"at once":            strings.NewReader(sentDocument(data)),
		"byte by byte":       iotest.OneByteReader(strings.NewReader(sentDocument(data))),
		"with its end":       iotest.DataErrReader(strings.NewReader(sentDocument(data))),
		"versions in front":  strings.NewReader(`{"versions":{"1.0.0":` + sentManifest + `},"dist-tags":{"latest":"1.0.0"},"name":"@acme/x","_attachments":{"x-1.0.0.tgz":{"length":800,"data":"` + plain + `"}}}`),
		"with more about it": strings.NewReader(strings.Replace(sentDocument(data), `"data"`, `"content_type":"application/octet-stream","digest":["data","x"],"stub":{"data":"no"},"data"`, 1)),
	} {
		t.Run(what, func(t *testing.T) {
			sent, err := ReadSent(r, "@acme/x", sentLimits)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(io.NewSectionReader(sent.Attachment.Content, 0, sent.Attachment.Content.Size()))
			if err != nil || string(got) != text {
				t.Errorf("the tarball became %q, %v", got, err)
			}
			if len(sent.Versions) != 1 || sent.Versions[0].Version != "1.0.0" || string(sent.Versions[0].Manifest) != sentManifest || len(sent.Tags) != 1 || sent.Tags[0] != (Tag{"latest", "1.0.0"}) {
				t.Errorf("read %+v", sent)
			}
		})
	}
}

func TestReadSentChange(t *testing.T) {
	sent, err := ReadSent(strings.NewReader(`{"_id":"@acme/x","_rev":"2-abc","name":"@acme/x","_attachments":{},"versions":{
		"1.0.0":{"name":"@acme/x","version":"1.0.0","deprecated":"use 2"},"2.0.0":{"name":"@acme/x","version":"2.0.0","deprecated":""}}}`), "@acme/x", sentLimits)
	if err != nil {
		t.Fatal(err)
	}
	if sent.Attachment != nil || sent.Rev != "2-abc" || len(sent.Versions) != 2 || sent.Versions[0].Deprecated != "use 2" || sent.Versions[1].Deprecated != "" {
		t.Errorf("read %+v", sent)
	}
}

func TestReadSentRefuses(t *testing.T) {
	sound := sentDocument("AAAA")
	swap := func(old, with string) string {
		if !strings.Contains(sound, old) {
			panic(old + " is not in the document")
		}
		return strings.Replace(sound, old, with, 1)
	}
	for what, c := range map[string]struct{ document, says string }{
		"nothing":                          {"", "no JSON object"},
		"a list":                           {"[]", "no JSON object"},
		"cut":                              {sound[:len(sound)-3], "EOF"},
		"something behind it":              {sound + "{}", "something follows"},
		"no name":                          {swap(`"name":"@acme/x","_att`, `"_att`), "names no package"},
		"another name":                     {swap(`"name":"@acme/x","_att`, `"name":"@acme/y","_att`), "sent to the address"},
		"a name twice":                     {swap(`{"name"`, `{"name":"@acme/x","name"`), "duplicate"},
		"versions twice":                   {swap(`"dist-tags"`, `"versions":{},"dist-tags"`), "duplicate"},
		"a variant of versions in case":    {swap(`"dist-tags"`, `"Versions":{},"dist-tags"`), "letter case"},
		"another name in the manifest":     {swap(sentManifest, `{"name":"lodash","version":"1.0.0"}`), `it is of "lodash"`},
		"another version in the manifest":  {swap(sentManifest, `{"name":"@acme/x","version":"2.0.0"}`), `version "2.0.0"`},
		"a manifest without a version":     {swap(sentManifest, `{"name":"@acme/x"}`), "does not say"},
		"a manifest that is none":          {swap(sentManifest, `"x"`), "no manifest"},
		"scripts twice":                    {swap(sentManifest, `{"name":"@acme/x","version":"1.0.0","scripts":{},"scripts":{}}`), "duplicate"},
		"a variant of scripts in case":     {swap(sentManifest, `{"name":"@acme/x","version":"1.0.0","scripts":{},"Scripts":{}}`), "letter case"},
		"a prototype":                      {swap(sentManifest, `{"name":"@acme/x","version":"1.0.0","__proto__":{}}`), "__proto__"},
		"a manifest nested too deep":       {swap(sentManifest, `{"name":"@acme/x","version":"1.0.0","a":[[[[[[[[[[]]]]]]]]]]}`), "nested"},
		"a large manifest":                 {swap(sentManifest, `{"name":"@acme/x","version":"1.0.0","a":"`+strings.Repeat("x", 3000)+`"}`), "bytes"},
		"a digest that is none":            {swap(sentManifest, `{"name":"@acme/x","version":"1.0.0","dist":{"integrity":"sha512-AAAA"}}`), "no digest"},
		"two versions":                     {swap(`"versions":{`, `"versions":{"0.9.0":{"name":"@acme/x","version":"0.9.0"},`), "2 versions"},
		"no version":                       {swap(`"1.0.0":`+sentManifest, ``), "0 versions"},
		"a version that leads out":         {swap(`"1.0.0":`+sentManifest, `"../x":{}`), "malformed"},
		"a tag for another version":        {swap(`{"latest":"1.0.0"}`, `{"latest":"0.9.0"}`), "points at"},
		"a tag that reads as a range":      {swap(`{"latest":"1.0.0"}`, `{"^1":"1.0.0"}`), "dist-tag"},
		"too many tags":                    {swap(`{"latest":"1.0.0"}`, `{"a":"1.0.0","b":"1.0.0","c":"1.0.0","d":"1.0.0"}`), "more than 3 dist-tags"},
		"a second attachment":              {swap(`"_attachments":{`, `"_attachments":{"y.tgz":{"data":""},`), "more than one attachment"},
		"a second one with data":           {swap(`"AAAA"}`, `"AAAA"},"y.tgz":{"data":"BBBB"}`), "more than one attachment"},
		"a provenance bundle":              {swap(`"AAAA"}`, `"AAAA"},"@acme/x-1.0.0.sigstore":{"data":"{}"}`), "without --provenance"},
		"an attachment of another name":    {swap(`x-1.0.0.tgz`, `x-2.0.0.tgz`), "must be called"},
		"an attachment that leads out":     {swap(`@acme/x-1.0.0.tgz`, `../../x-1.0.0.tgz`), "must be called"},
		"an attachment without data":       {swap(`"data":"AAAA"`, ``), "no data"},
		"an empty attachment":              {swap(`AAAA`, ``), "empty"},
		"data that is no text":             {swap(`"AAAA"`, `7`), "not where it can be read"},
		"data under an escaped key":        {swap(`"data"`, `"d\u0061ta"`), "not where it can be read"},
		"data below an escaped attachment": {swap(`"_attachments"`, `"_attachment\u0073"`), "not where it can be read"},
		"data twice":                       {swap(`"AAAA"`, `"AAAA","data":"BBBB"`), "duplicate"},
		"a length that is wrong":           {swap(`"AAAA"`, `"AAAA","length":4`), "3 bytes and says that it has 4"},
		"a length below nothing":           {swap(`"AAAA"`, `"AAAA","length":-1`), "no whole number"},
		"a length with a fraction":         {swap(`"AAAA"`, `"AAAA","length":3.5`), "no whole number"},
		"no base64":                        {swap(`AAAA`, `A?AA`), "not base64"},
		"base64 with a line end":           {swap(`AAAA`, "AA\nAA"), "not base64"},
		"base64 with an escape":            {swap(`AAAA`, `AA\nAA`), "not base64"},
		"base64 that is cut":               {swap(`AAAA`, `AAA`), "not base64"},
		"base64 with bits left over":       {swap(`AAAA`, `AB==`), "not base64"},
		"base64 behind its padding":        {swap(`AAAA`, `AA==AAAA`), "not base64"},
		"a large tarball":                  {sentDocument(strings.Repeat("AAAA", 700)), "larger than 2000"},
		"bytes that are not UTF-8":         {swap(`"_attachments"`, `"a":"`+"\xff"+`","_attachments"`), "UTF-8"},
		"closed before it was opened":      {`]}}}{"` + sound, "cannot be taken"},
		"attachments as a list":            {`{"name":"@acme/x","_attachments":[{"data":"AAAA"}]}`, "object"},
	} {
		t.Run(what, func(t *testing.T) {
			sent, err := ReadSent(strings.NewReader(c.document), "@acme/x", sentLimits)
			if err == nil {
				t.Fatalf("read %+v", sent)
			}
			if k := assay.KindOf(err); k != assay.Invalid && k != assay.TooLarge {
				t.Errorf("kind %v", k)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// A blob of many pieces reads as what went in, wherever one begins.
func TestBlob(t *testing.T) {
	var b Blob
	want := bytes.Repeat([]byte("0123456789"), 3*pieceSize/10)
	for at := 0; at < len(want); at += 7777 {
		b.append(want[at:min(at+7777, len(want))])
	}
	if got, err := io.ReadAll(io.NewSectionReader(&b, 0, b.Size())); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	p := make([]byte, 20)
	if n, err := b.ReadAt(p, pieceSize-10); n != 20 || err != nil || !bytes.Equal(p, want[pieceSize-10:pieceSize+10]) {
		t.Errorf("%d, %v over the seam", n, err)
	}
	if n, err := b.ReadAt(p, b.Size()-5); n != 5 || !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v at the end", n, err)
	}
	if n, err := b.ReadAt(p, -1); n != 0 || err == nil {
		t.Errorf("%d, %v before the beginning", n, err)
	}
}

// FuzzReadSent: whatever is sent, what is taken of it is within limits and
// can be listed, or is refused in words.
func FuzzReadSent(f *testing.F) {
	f.Add([]byte(sentDocument("AAAA")))
	f.Add([]byte(sentDocument(`\/\/\/\/`)))
	f.Add([]byte(`{"name":"@acme/x","_attachments":{"@acme/x-1.0.0.tgz":{"stub":{"data":"AAAA"},"data":"AA==","length":1}},"versions":{"1.0.0":{"version":"1.0.0","name":"@acme/x","scripts":{"install":"x"},"dist":{"shasum":null},"gypfile":true}}}`))
	f.Add([]byte(`{"name":"@acme/x","_rev":"1","versions":{"1.0.0":{"name":"@acme/x","version":"1.0.0","deprecated":"x"}}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		sent, err := ReadSent(bytes.NewReader(document), "@acme/x", sentLimits)
		if err != nil {
			if k := assay.KindOf(err); k != assay.Invalid && k != assay.TooLarge {
				t.Fatalf("%v is of kind %v", err, k)
			}
			return
		}
		if sent.Attachment == nil {
			return
		}
		if n := sent.Attachment.Content.Size(); n == 0 || n > sentLimits.Tarball || len(sent.Versions) != 1 {
			t.Fatalf("%d bytes of %d versions", n, len(sent.Versions))
		}
		v := sent.Versions[0]
		if err := CheckManifest("@acme/x", v.Version, v.Manifest); err != nil && !assay.Is(err, assay.Invalid) {
			t.Fatalf("%v", err)
		}
	})
}
