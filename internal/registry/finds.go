package registry

import (
	"sync"

	"assay.invalid/internal/ecosystem"
)

// finds remembers which file a name in a request was found to mean. Finding
// out builds the upstream's address anew, and every lock file asks for the
// same names. It holds what follows from the listing alone, never a decision.
type finds struct {
	mu sync.RWMutex
	by map[string]found
}

// found is a file with the facts of its version; the entry is nil where the
// name alone says which file it is, and the facts are looked up after.
type found struct {
	file  ecosystem.File
	entry *entry
}

// maxFinds bounds the names that one package remembers. Only names of files
// that exist get in, so it is reached by packages of many versions alone.
const maxFinds = 2048

func (f *finds) get(name string) (found, bool) {
	if f == nil {
		return found{}, false
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	known, ok := f.by[name]
	return known, ok
}

func (f *finds) put(name string, known found) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil || len(f.by) >= maxFinds {
		f.by = map[string]found{}
	}
	f.by[name] = known
}
