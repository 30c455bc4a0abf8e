package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// memory is an honest store of rules: transactions that roll back, each run
// twice as the contract allows, and failures on request.
type memory struct {
	mu   sync.Mutex
	kept contents

	fail   failure
	failAt int  // the write of a transaction that fails, counted from 1; 0: none
	down   bool // reading fails too
}

// failure is how the next commit goes wrong.
type failure string

const (
	none            failure = ""
	failed          failure = "failed"
	failedButStored failure = "failed but was stored"
)

var errDisk = assay.Errorf(assay.Internal, "the disk is on fire")

type contents struct {
	settings   map[string][]byte
	blocks     []store.Block
	exceptions []store.Exception
	claims     []store.Claim
	policies   []store.Policy
	events     []assay.Event
}

func (c contents) clone() contents {
	return contents{maps.Clone(c.settings), slices.Clone(c.blocks), slices.Clone(c.exceptions), slices.Clone(c.claims), slices.Clone(c.policies), slices.Clone(c.events)}
}

func newMemory() *memory { return &memory{kept: contents{settings: map[string][]byte{}}} }

func (m *memory) Close() error { return nil }

func (m *memory) View(ctx context.Context, fn func(store.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDisk
	}
	if err := ctx.Err(); err != nil {
		return assay.Wrap(assay.Canceled, err, "reading")
	}
	c := m.kept.clone()
	return fn(&tx{contents: &c, failAt: m.failAt})
}

func (m *memory) Update(ctx context.Context, fn func(store.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDisk
	}
	var c contents
	for range 2 { // a transaction may be run again, as after a clash
		if err := ctx.Err(); err != nil {
			return assay.Wrap(assay.Canceled, err, "writing")
		}
		c = m.kept.clone()
		if err := fn(&tx{contents: &c, failAt: m.failAt}); err != nil {
			return err
		}
	}
	if m.fail != failed {
		m.kept = c
	}
	if m.fail != none {
		m.fail = none
		return errDisk
	}
	return nil
}

type tx struct {
	store.Tx // what rules need is below; the rest is not there
	*contents
	failAt int
}

// write is asked before each write.
func (t *tx) write() error {
	if t.failAt--; t.failAt == 0 {
		return errDisk
	}
	return nil
}

func (t *tx) Setting(_ context.Context, key string) ([]byte, error) {
	value, ok := t.settings[key]
	if !ok {
		return nil, assay.Errorf(assay.NotFound, "no setting %q", key)
	}
	return value, nil
}

func (t *tx) PutSetting(_ context.Context, key string, value []byte) error {
	if err := t.write(); err != nil {
		return err
	}
	t.settings[key] = slices.Clone(value)
	return nil
}

func (t *tx) Blocks(context.Context) ([]store.Block, error) { return slices.Clone(t.blocks), nil }

func (t *tx) PutBlock(_ context.Context, b store.Block) error {
	if err := t.write(); err != nil {
		return err
	}
	b.Until, b.Created = asKept(b.Until), asKept(b.Created)
	t.blocks = append(t.blocks, b)
	return nil
}

func (t *tx) DeleteBlock(_ context.Context, id string) error {
	if err := t.write(); err != nil {
		return err
	}
	before := len(t.blocks)
	t.blocks = slices.DeleteFunc(t.blocks, func(b store.Block) bool { return b.ID == id })
	return missing(before == len(t.blocks), id)
}

func (t *tx) Exceptions(context.Context) ([]store.Exception, error) {
	return slices.Clone(t.exceptions), nil
}

func (t *tx) PutException(_ context.Context, e store.Exception) error {
	if err := t.write(); err != nil {
		return err
	}
	e.Until, e.Created = asKept(e.Until), asKept(e.Created)
	t.exceptions = append(t.exceptions, e)
	return nil
}

func (t *tx) DeleteException(_ context.Context, id string) error {
	if err := t.write(); err != nil {
		return err
	}
	before := len(t.exceptions)
	t.exceptions = slices.DeleteFunc(t.exceptions, func(e store.Exception) bool { return e.ID == id })
	return missing(before == len(t.exceptions), id)
}

func (t *tx) Claims(context.Context) ([]store.Claim, error) { return slices.Clone(t.claims), nil }

func (t *tx) PutClaim(_ context.Context, c store.Claim) error {
	if err := t.write(); err != nil {
		return err
	}
	c.Created = asKept(c.Created)
	t.claims = append(t.claims, c)
	return nil
}

func (t *tx) DeleteClaim(_ context.Context, id string) error {
	if err := t.write(); err != nil {
		return err
	}
	before := len(t.claims)
	t.claims = slices.DeleteFunc(t.claims, func(c store.Claim) bool { return c.ID == id })
	return missing(before == len(t.claims), id)
}

func (t *tx) Policy(context.Context) (store.Policy, error) {
	if len(t.policies) == 0 {
		return store.Policy{}, assay.Errorf(assay.NotFound, "no policy")
	}
	return t.policies[len(t.policies)-1], nil
}

func (t *tx) PutPolicy(_ context.Context, p store.Policy) error {
	if err := t.write(); err != nil {
		return err
	}
	p.ID, p.Created = int64(len(t.policies)+1), asKept(p.Created)
	t.policies = append(t.policies, p)
	return nil
}

func (t *tx) AppendEvent(_ context.Context, e assay.Event) error {
	if err := t.write(); err != nil {
		return err
	}
	if !json.Valid(e.Body) {
		return errors.New("the body is no JSON")
	}
	e.ID = int64(len(t.events) + 1)
	t.events = append(t.events, e)
	return nil
}

func missing(is bool, id string) error {
	if is {
		return assay.Errorf(assay.NotFound, "no %q", id)
	}
	return nil
}

func asKept(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}
