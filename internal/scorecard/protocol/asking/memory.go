package asking

import "sync"

// Memory remembers where files are, as a lock file does: by name and version,
// also when they have left the listing since.
type Memory struct {
	mu   sync.Mutex
	most int
	at   map[[2]string]string
}

// NewMemory remembers so many addresses.
func NewMemory(most int) *Memory {
	return &Memory{most: most, at: map[[2]string]string{}}
}

// Get finds an address.
func (m *Memory) Get(name, version string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.at[[2]string{name, version}]
	return at, ok
}

// Put remembers one; when there is no more room, all are forgotten, because
// any of them can be asked for again.
func (m *Memory) Put(name, version, at string) {
	if at == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.at) >= m.most {
		clear(m.at)
	}
	m.at[[2]string{name, version}] = at
}
