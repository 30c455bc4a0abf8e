package registry

import (
	"container/list"
	"sync"
)

// lru keeps values up to a total cost and drops the least recently used.
// Dropped values are handed to the drop function, outside the lock.
type lru[K comparable, V any] struct {
	limit int64
	drop  func(V)

	mu    sync.Mutex
	cost  int64
	items map[K]*list.Element
	order *list.List // front: most recent
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
	cost  int64
}

func newLRU[K comparable, V any](limit int64, drop func(V)) *lru[K, V] {
	return &lru[K, V]{limit: limit, drop: drop, items: map[K]*list.Element{}, order: list.New()}
}

func (l *lru[K, V]) get(key K) (V, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	el, ok := l.items[key]
	if !ok {
		var zero V
		return zero, false
	}
	l.order.MoveToFront(el)
	return el.Value.(*lruItem[K, V]).value, true
}

// put inserts or replaces. A value dearer than the whole limit is kept alone
// until the next put, so that it can be used at least once.
func (l *lru[K, V]) put(key K, value V, cost int64) {
	var dropped []V
	l.mu.Lock()
	if el, ok := l.items[key]; ok {
		dropped = append(dropped, l.remove(el))
	}
	l.items[key] = l.order.PushFront(&lruItem[K, V]{key, value, cost})
	l.cost += cost
	for l.cost > l.limit && l.order.Len() > 1 {
		dropped = append(dropped, l.remove(l.order.Back()))
	}
	l.mu.Unlock()
	if l.drop != nil {
		for _, v := range dropped {
			l.drop(v)
		}
	}
}

// getOrPut returns the value that is there, or inserts the given one.
func (l *lru[K, V]) getOrPut(key K, make func() V, cost int64) V {
	l.mu.Lock()
	if el, ok := l.items[key]; ok {
		l.order.MoveToFront(el)
		v := el.Value.(*lruItem[K, V]).value
		l.mu.Unlock()
		return v
	}
	l.mu.Unlock()
	v := make()
	l.mu.Lock()
	if el, ok := l.items[key]; ok { // somebody was faster
		v = el.Value.(*lruItem[K, V]).value
		l.mu.Unlock()
		return v
	}
	l.mu.Unlock()
	l.put(key, v, cost)
	return v
}

// reprice changes the cost of a value that is still there.
func (l *lru[K, V]) reprice(key K, cost int64) {
	var dropped []V
	l.mu.Lock()
	if el, ok := l.items[key]; ok {
		item := el.Value.(*lruItem[K, V])
		l.cost += cost - item.cost
		item.cost = cost
		for l.cost > l.limit && l.order.Len() > 1 {
			dropped = append(dropped, l.remove(l.order.Back()))
		}
	}
	l.mu.Unlock()
	if l.drop != nil {
		for _, v := range dropped {
			l.drop(v)
		}
	}
}

// forget removes a value, so that the next use makes it anew.
func (l *lru[K, V]) forget(key K) {
	l.mu.Lock()
	el, ok := l.items[key]
	var v V
	if ok {
		v = l.remove(el)
	}
	l.mu.Unlock()
	if ok && l.drop != nil {
		l.drop(v)
	}
}

// remove unlinks; the caller holds mu.
func (l *lru[K, V]) remove(el *list.Element) V {
	item := l.order.Remove(el).(*lruItem[K, V])
	delete(l.items, item.key)
	l.cost -= item.cost
	return item.value
}

// clear drops everything.
func (l *lru[K, V]) clear() {
	l.mu.Lock()
	var dropped []V
	for l.order.Len() > 0 {
		dropped = append(dropped, l.remove(l.order.Back()))
	}
	l.mu.Unlock()
	if l.drop != nil {
		for _, v := range dropped {
			l.drop(v)
		}
	}
}

// keys returns what is kept, in no order.
func (l *lru[K, V]) keys() []K {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]K, 0, len(l.items))
	for key := range l.items {
		out = append(out, key)
	}
	return out
}
