package badregistry

import (
	"slices"
	"sync"
)

// mailbox is where the registry's mail arrives at once.
type mailbox struct {
	mu   sync.Mutex
	mail map[string][]string
}

func newMailbox() *mailbox { return &mailbox{mail: map[string][]string{}} }

// Received implements scorecard.Mailbox.
func (m *mailbox) Received(address string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.mail[address])
}

func (m *mailbox) send(address, text string) {
	if address == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mail[address] = append(m.mail[address], text)
}
