package wire

import (
	"errors"
	"fmt"

	"assay.invalid/internal/assay"
)

// manifestKeys are the keys of a manifest that decide something.
var manifestKeys = []string{"name", "version", "dist", "deprecated", "scripts", "hasInstallScript", "gypfile"}

// distKeys are the keys of dist that decide something.
var distKeys = []string{"tarball", "integrity", "shasum"}

// maxDeprecated bounds how much of a deprecation message is kept.
const maxDeprecated = 1000

func (r *reader) version(key []byte, at int64) error {
	if len(r.p.Versions) >= r.limits.Versions {
		return fmt.Errorf("it has more than %d versions", r.limits.Versions)
	}
	v := Version{Version: string(key), InstallScripts: assay.No}
	if !validVersionKey(v.Version) {
		return fmt.Errorf("its version %q is malformed", clip(v.Version, 60))
	}
	if r.kind() != '{' {
		return fmt.Errorf("its version %s has no manifest", v.Version)
	}
	v.manifest = uint32(r.here())
	m := manifest{reader: r, v: &v, watch: watch{names: manifestKeys}}
	if err := r.object(m.member); err != nil {
		return err
	}
	// Clients install by the manifest, resolvers choose by the key.
	if !m.confirmed {
		return fmt.Errorf("the manifest of version %s does not say so", v.Version)
	}
	v.entry = span{uint32(at), uint32(r.offset())}
	// npm runs node-gyp for a package that says so, unless it has a hook of
	// its own to do it.
	if m.gyp && len(v.Scripts) == 0 {
		v.Scripts = []string{"install"}
	}
	if m.flagged || len(v.Scripts) > 0 {
		v.InstallScripts = assay.Yes
	}
	r.p.Versions = append(r.p.Versions, v)
	return nil
}

// manifest reads one version's manifest.
type manifest struct {
	*reader
	v                       *Version
	watch                   watch
	confirmed, flagged, gyp bool
}

func (m *manifest) member(key []byte, _ int64) (err error) {
	if err := m.watch.see(key); err != nil {
		return err
	}
	switch string(key) {
	case "version":
		version, ok, err := m.text()
		if err != nil {
			return err
		}
		if !ok || version != m.v.Version {
			return fmt.Errorf("the manifest of version %s says that it is %q", m.v.Version, clip(version, 60))
		}
		m.confirmed = true
	case "deprecated":
		return m.deprecation()
	case "hasInstallScript":
		m.flagged, err = m.isTrue()
	case "gypfile":
		m.gyp, err = m.isTrue()
	case "scripts":
		return m.scripts()
	case "dist":
		return m.dist()
	default:
		return m.skip()
	}
	return err
}

func (m *manifest) deprecation() error {
	kind := m.kind()
	start := m.here()
	text, _, err := m.text()
	if err != nil {
		return err
	}
	if kind == 't' {
		text = "its publisher deprecated it"
	}
	m.v.Deprecated = clip(text, maxDeprecated)
	m.v.deprecated = span{uint32(start), uint32(m.offset())}
	return nil
}

// scripts notes the hooks that npm runs when it installs a dependency. Names
// of scripts are the author's own, so a hook beside its case variant is no
// contradiction: npm runs the exact one.
func (m *manifest) scripts() error {
	if m.kind() != '{' {
		return m.skip()
	}
	return m.object(func(key []byte, _ int64) error {
		hook := ""
		switch string(key) {
		case "preinstall", "install", "postinstall":
			hook = string(key)
		}
		if hook == "" {
			return m.skip()
		}
		command, _, err := m.text()
		if command != "" {
			m.v.Scripts = append(m.v.Scripts, hook)
		}
		return err
	})
}

func (m *manifest) dist() error {
	switch m.kind() {
	case 'n':
		return m.skip()
	case '{':
	default:
		return fmt.Errorf("the dist of version %s is no object", m.v.Version)
	}
	seen := watch{names: distKeys}
	var integrity, shasum assay.Digest
	err := m.object(func(key []byte, _ int64) error {
		if err := seen.see(key); err != nil {
			return err
		}
		switch string(key) {
		case "tarball":
			if m.kind() != '"' {
				return fmt.Errorf("the tarball address of version %s is no string", m.v.Version)
			}
			start := m.here()
			address, _, err := m.text()
			if err != nil {
				return err
			}
			if address == "" || len(address) > maxAddress {
				return errors.New("a tarball address is empty or too long")
			}
			m.v.address = address
			m.v.tarball = span{uint32(start), uint32(m.offset())}
			return nil
		case "integrity":
			text, _, err := m.text()
			integrity = integrityDigest(text)
			return err
		case "shasum":
			text, _, err := m.text()
			shasum = shasumDigest(text)
			return err
		}
		return m.skip()
	})
	for _, d := range []assay.Digest{integrity, shasum} {
		if d != "" {
			m.v.Digests = append(m.v.Digests, d)
		}
	}
	return err
}
