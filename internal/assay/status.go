package assay

// Status is what was said of a version after it was published. It applies to
// hosted versions and to those of an upstream alike.
type Status uint8

// The statuses. A version has one at a time.
const (
	Active       Status = iota
	Deprecated          // use something else; still chosen, with a warning
	Experimental        // not for production; still chosen, with a warning
	Yanked              // leaves new resolutions, stays for old lock files
	Quarantined         // held without being destroyed; handed out to nobody
	Removed             // a tombstone: never handed out, never reused
)

var statusNames = [...]string{"active", "deprecated", "experimental", "yanked", "quarantined", "removed"}

func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "active"
}

// MarshalText writes the status's word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a status's word; others are Invalid.
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return Errorf(Invalid, "%q is no status: write active, deprecated, experimental, yanked, quarantined or removed", text)
}
