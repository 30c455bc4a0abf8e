package golang

import (
	"container/list"
	"sync"
)

// defaultProven is the size of the cache of proven parts of the checksum
// database, in bytes: about a thousand tiles.
const defaultProven = 8 << 20

// proven keeps what has been proven to be part of the checksum database, the
// most recently used, within a bound. It is safe for concurrent use.
type proven struct {
	mu    sync.Mutex
	limit int
	size  int
	order *list.List // of *part, the most recently used first
	parts map[string]*list.Element
}

type part struct {
	key  string
	data []byte
}

func newProven(limit int) *proven {
	return &proven{limit: limit, order: list.New(), parts: map[string]*list.Element{}}
}

// get returns data that must not be changed.
func (p *proven) get(key string) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.parts[key]
	if !ok {
		return nil, false
	}
	p.order.MoveToFront(e)
	return e.Value.(*part).data, true
}

func (p *proven) put(key string, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.parts[key]; ok {
		p.drop(e)
	}
	p.parts[key] = p.order.PushFront(&part{key, data})
	p.size += cost(key, data)
	for p.size > p.limit && p.order.Len() > 0 {
		p.drop(p.order.Back())
	}
}

func (p *proven) drop(e *list.Element) {
	gone := p.order.Remove(e).(*part)
	delete(p.parts, gone.key)
	p.size -= cost(gone.key, gone.data)
}

// cost counts the book-keeping too.
func cost(key string, data []byte) int { return 2*len(key) + len(data) + 200 }
