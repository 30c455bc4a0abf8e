package tlog

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

const (
	leafVersion = "assay event v1"
	leafTime    = "2006-01-02T15:04:05.000000Z"
)

// Leaf is an entry of the log, read.
type Leaf struct {
	Kind       assay.EventKind
	Time       time.Time // UTC, to the microsecond
	Ecosystem  assay.Ecosystem
	Commitment [sha256.Size]byte
}

// Commit returns what a leaf holds of an event's salt and body.
func Commit(salt, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(body)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum
}

// Bytes returns the entry as the tree hashes it.
func (l Leaf) Bytes() []byte {
	b := make([]byte, 0, 192)
	b = append(b, leafVersion+"\nkind "...)
	b = appendWord(b, string(l.Kind))
	b = append(b, "\ntime "...)
	b = l.Time.UTC().Truncate(time.Microsecond).AppendFormat(b, leafTime)
	b = append(b, "\necosystem "...)
	if l.Ecosystem == "" {
		b = append(b, '-')
	} else {
		b = appendWord(b, string(l.Ecosystem))
	}
	b = append(b, "\ncommitment "...)
	b = hex.AppendEncode(b, l.Commitment[:])
	return append(b, '\n')
}

// ParseLeaf reads an entry; anything but its one spelling is Invalid.
func ParseLeaf(entry []byte) (Leaf, error) {
	bad := func(what string) (Leaf, error) {
		return Leaf{}, assay.Errorf(assay.Invalid, "the log entry is not one of Assay's: %s", what)
	}
	if len(entry) > MaxEntry {
		return bad("it is too long")
	}
	lines := strings.Split(string(entry), "\n")
	if len(lines) != 6 || lines[5] != "" || lines[0] != leafVersion {
		return bad("it is not five lines that begin with " + leafVersion)
	}
	var values [4]string
	for i, label := range [...]string{"kind ", "time ", "ecosystem ", "commitment "} {
		value, ok := strings.CutPrefix(lines[i+1], label)
		if !ok {
			return bad("it has no " + strings.TrimSpace(label))
		}
		values[i] = value
	}
	var l Leaf
	kind, ok := readWord(values[0])
	if !ok {
		return bad("its kind is misspelt")
	}
	l.Kind = assay.EventKind(kind)
	t, err := time.Parse(leafTime, values[1])
	if err != nil {
		return bad("its time is misspelt")
	}
	l.Time = t.UTC()
	if values[2] != "-" {
		eco, ok := readWord(values[2])
		if !ok {
			return bad("its ecosystem is misspelt")
		}
		l.Ecosystem = assay.Ecosystem(eco)
	}
	sum, err := hex.DecodeString(values[3])
	if err != nil || len(sum) != sha256.Size {
		return bad("its commitment is not a SHA-256 in hexadecimal")
	}
	copy(l.Commitment[:], sum)
	// Upper-case digits, or an escape that was not needed: a second spelling.
	if string(l.Bytes()) != string(entry) {
		return bad("it is not in its one spelling")
	}
	return l, nil
}

const upperHex = "0123456789ABCDEF"

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_'
}

// appendWord writes a word so that no text in it can end the line and forge
// the next one. A lone "-" is escaped, because it stands for nothing.
func appendWord(b []byte, word string) []byte {
	if word == "-" {
		return append(b, "%2D"...)
	}
	for i := range len(word) {
		if c := word[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return b
}

func readWord(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b = append(b, c[0])
		i += 2
	}
	return string(b), true
}
