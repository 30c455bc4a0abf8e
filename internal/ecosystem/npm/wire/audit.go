package wire

import (
	"bytes"
	"errors"
	"fmt"

	"assay.invalid/internal/assay"
)

// maxAuditDepth bounds the nesting of an audit request: dependency trees of
// the early lock files nest as deep as the dependencies do.
const maxAuditDepth = 512

// maxAuditKeys bounds what a request may make us remember: the body comes from
// anyone, and compressed a few kilobytes hold millions of keys.
const maxAuditKeys = 100_000

// AuditNames returns the package names in the body of a bulk advisory
// request ({"name": ["version", ...]}) or, with tree, of an audit request of
// the older form (a lock file's tree, the project's own name included). A
// name that npm could not have is left as it is: the caller compares names
// with claims, and a claim must not be escaped by spelling. Errors are of
// kind Invalid.
func AuditNames(body []byte, tree bool) ([]string, error) {
	a := audit{
		scanner: newScanner(bytes.NewReader(body), maxAuditDepth, int64(len(body))+1, maxAuditKeys),
		seen:    map[string]bool{},
	}
	read := a.bulk
	if tree {
		read = a.tree
	}
	err := read()
	if err == nil {
		err = a.end()
	}
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the audit request is malformed: %s", brief(err))
	}
	return a.names, nil
}

type audit struct {
	*scanner
	seen  map[string]bool
	names []string
}

func (a *audit) add(name string) error {
	if !a.seen[name] {
		if len(a.names) >= maxAuditKeys {
			return fmt.Errorf("it names more than %d packages", maxAuditKeys)
		}
		a.seen[name] = true
		a.names = append(a.names, name)
	}
	return nil
}

func (a *audit) bulk() error {
	return a.object(func(key []byte, _ int64) error {
		if err := a.add(string(key)); err != nil {
			return err
		}
		return a.skip()
	})
}

func (a *audit) tree() error {
	if a.kind() != '{' {
		return errors.New("a JSON object is missing")
	}
	return a.object(func(key []byte, _ int64) error {
		switch string(key) {
		case "name":
			name, ok, err := a.text()
			if ok && name != "" {
				err = a.add(name)
			}
			return err
		case "requires":
			if a.kind() != '{' { // a lock file also says "requires": true
				return a.skip()
			}
			return a.bulk()
		case "dependencies":
			return a.object(func(key []byte, _ int64) error {
				if err := a.add(string(key)); err != nil {
					return err
				}
				return a.tree()
			})
		}
		return a.skip()
	})
}
