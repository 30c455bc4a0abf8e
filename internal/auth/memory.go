package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"assay.invalid/internal/assay"
)

// hash is the SHA-256 of a secret. Looking one up in a map tells by its
// timing at most something of the digest of what was sent, which the sender
// knows and cannot choose.
type hash = [sha256.Size]byte

// memory holds tokens that were let in a moment ago. Those that were not are
// not held: anybody can send as many as they like.
type memory struct {
	mu    sync.Mutex
	most  int
	known map[hash]remembered
	// forgotten counts the calls of forget. A look-up that began before one
	// may have read what has changed since, and must not be kept.
	forgotten uint64
}

// remembered is one token that was let in.
type remembered struct {
	principal assay.Principal
	expires   time.Time // of the token; zero: never
	until     time.Time // of this entry
	used      time.Time // the last use that is written, or will be
}

// recall returns what is remembered, unless its time or the token's is over.
func (m *memory) recall(sum hash, now time.Time) (remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, ok := m.known[sum]
	if !ok {
		return remembered{}, false
	}
	if entry.over(now) {
		delete(m.known, sum)
		return remembered{}, false
	}
	return entry, true
}

func (r *remembered) over(now time.Time) bool {
	return !now.Before(r.until) || !r.expires.IsZero() && !now.Before(r.expires)
}

// era names the time between two calls of forget.
func (m *memory) era() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forgotten
}

// keep remembers what was read in an era, if that is still on.
func (m *memory) keep(sum hash, entry remembered, era uint64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.forgotten != era {
		return
	}
	if len(m.known) >= m.most {
		for key, old := range m.known {
			if old.over(now) {
				delete(m.known, key)
			}
		}
		if len(m.known) >= m.most {
			clear(m.known) // each is asked for again, once
		}
	}
	m.known[sum] = entry
}

// used notes a use that is going to be written.
func (m *memory) used(sum hash, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if entry, ok := m.known[sum]; ok {
		entry.used = now
		m.known[sum] = entry
	}
}

// forget drops everything, and what is being looked up right now.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten++
	clear(m.known)
}
