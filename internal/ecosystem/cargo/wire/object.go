package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// object reads the JSON objects of a document one after the other. It refuses
// what two parsers could read differently: duplicate keys at any level, bytes
// that are not UTF-8, anything behind the object.
type object struct {
	d    *jsontext.Decoder
	r    bytes.Reader
	text []byte
}

func newObject() *object { return &object{d: jsontext.NewDecoder(bytes.NewReader(nil))} }

// read calls member for each key with its value and where the value begins in
// text. It returns where the closing brace stands.
func (o *object) read(text []byte, member func(key string, value jsontext.Value, at int) error) (brace int, err error) {
	o.text = text
	o.r.Reset(text)
	o.d.Reset(&o.r)
	tok, err := o.d.ReadToken()
	switch {
	case err == io.EOF:
		return 0, errors.New("it is empty")
	case err != nil:
		return 0, err
	case tok.Kind() != '{':
		return 0, errors.New("it is no JSON object (a page of a proxy or a login, perhaps)")
	}
	for o.d.PeekKind() != '}' {
		tok, err := o.d.ReadToken()
		if err != nil {
			return 0, err
		}
		key := tok.String()
		value, err := o.d.ReadValue()
		if err != nil {
			return 0, err
		}
		if err := member(key, value, int(o.d.InputOffset())-len(value)); err != nil {
			return 0, err
		}
	}
	if _, err := o.d.ReadToken(); err != nil {
		return 0, err
	}
	brace = int(o.d.InputOffset()) - 1
	if _, err := o.d.ReadToken(); err != io.EOF {
		return 0, errors.New("something follows its JSON object")
	}
	return brace, nil
}

// text reads a string; null counts as none.
func text(key string, value jsontext.Value) (string, error) {
	switch value.Kind() {
	case 'n':
		return "", nil
	case '"':
		plain, err := jsontext.AppendUnquote(nil, value)
		return string(plain), err
	}
	return "", fmt.Errorf("its %s is no text", key)
}

// brief is the first line of an error, short and printable: a parser quotes
// the document, and the document is not ours.
func brief(err error) string {
	const most = 200
	var known *assay.Error
	if errors.As(err, &known) {
		return known.Message
	}
	b := make([]byte, 0, most)
	for _, r := range err.Error() {
		if r >= ' ' && r <= '~' && len(b) < most {
			b = append(b, byte(r))
		}
	}
	return string(bytes.TrimPrefix(b, []byte("jsontext: ")))
}
