package wire

import (
	"bytes"
	"errors"
	"strings"

	"assay.invalid/internal/assay"
)

// StripAudit writes an audit request anew without the packages that are
// claimed: their names must not leave the building. Nothing is copied that
// could carry a name by the side door: versions that are none (addresses,
// aliases) and members that advisories do not depend on are left out. Packages
// that lie below a claimed one in a tree go with it. names are those that
// remain; with none there is nothing to ask. The body must have passed
// AuditNames; errors are of kind Invalid.
func StripAudit(body []byte, tree bool, claimed func(name string) bool) (stripped []byte, names []string, err error) {
	s := &strip{
		scanner: newScanner(bytes.NewReader(body), maxAuditDepth, int64(len(body))+1, maxAuditKeys),
		claimed: claimed,
	}
	if tree {
		err = s.tree(true)
	} else {
		err = s.bulk()
	}
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, nil, assay.Wrap(assay.Invalid, err, "the audit request is malformed: %s", brief(err))
	}
	return s.out.Bytes(), s.names, nil
}

type strip struct {
	*scanner
	claimed func(name string) bool
	out     bytes.Buffer
	names   []string
}

// leaves tells whether a name may go out: a sound one that nobody claims. One
// that npm could not have may be a claimed one in disguise.
func (s *strip) leaves(name string) bool {
	canonical, err := Name(name)
	return err == nil && !s.claimed(canonical) && !s.claimed(strings.ToLower(canonical))
}

// bulk writes {"name": ["version", ...]}.
func (s *strip) bulk() error {
	s.out.WriteByte('{')
	n := 0
	err := s.object(func(key []byte, _ int64) error {
		name := string(key)
		if !s.leaves(name) {
			return s.skip()
		}
		if s.kind() != '[' {
			return errors.New("the versions of a package are no list")
		}
		if _, err := s.d.ReadToken(); err != nil {
			return err
		}
		s.names = append(s.names, name)
		comma(&s.out, n)
		n++
		s.out.WriteString(quote(name) + ":[")
		for i := 0; s.kind() != ']'; {
			version, ok, err := s.text()
			if err != nil {
				return err
			}
			if _, parsed := parseVersion(version); ok && parsed {
				comma(&s.out, i)
				i++
				s.out.WriteString(quote(version))
			}
		}
		s.out.WriteByte(']')
		_, err := s.d.ReadToken()
		return err
	})
	s.out.WriteByte('}')
	return err
}

// tree writes a package of the older form, and what lies below it.
func (s *strip) tree(root bool) error {
	if s.kind() != '{' {
		return errors.New("a JSON object is missing")
	}
	s.out.WriteByte('{')
	n := 0
	member := func(key string) {
		comma(&s.out, n)
		n++
		s.out.WriteString(quote(key) + ":")
	}
	err := s.object(func(key []byte, _ int64) error {
		switch key := string(key); key {
		case "name":
			name, _, err := s.text()
			if err == nil && root && s.leaves(name) {
				member(key)
				s.out.WriteString(quote(name))
			}
			return err
		case "version":
			version, _, err := s.text()
			if _, ok := parseVersion(version); err == nil && ok {
				member(key)
				s.out.WriteString(quote(version))
			}
			return err
		case "requires":
			if s.kind() != '{' {
				return s.skip()
			}
			member(key)
			return s.requires()
		case "dependencies":
			member(key)
			return s.dependencies()
		case "dev", "optional":
			is, err := s.isTrue()
			if err == nil && is {
				member(key)
				s.out.WriteString("true")
			}
			return err
		}
		return s.skip()
	})
	if root { // the older form asks for both
		member("install")
		s.out.WriteString("[]")
		member("remove")
		s.out.WriteString("[]")
	}
	s.out.WriteByte('}')
	return err
}

// requires writes {"name": "range"}.
func (s *strip) requires() error {
	s.out.WriteByte('{')
	n := 0
	err := s.object(func(key []byte, _ int64) error {
		name := string(key)
		want, _, err := s.text()
		if err != nil || !s.leaves(name) {
			return err
		}
		if _, bad := parseRange(want); bad != nil {
			want = "*" // "npm:@scope/name@1" and addresses name other packages
		}
		comma(&s.out, n)
		n++
		s.out.WriteString(quote(name) + ":" + quote(want))
		return nil
	})
	s.out.WriteByte('}')
	return err
}

func (s *strip) dependencies() error {
	s.out.WriteByte('{')
	n := 0
	err := s.object(func(key []byte, _ int64) error {
		name := string(key)
		if !s.leaves(name) {
			return s.skip()
		}
		s.names = append(s.names, name)
		comma(&s.out, n)
		n++
		s.out.WriteString(quote(name) + ":")
		return s.tree(false)
	})
	s.out.WriteByte('}')
	return err
}
