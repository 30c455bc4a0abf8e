package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/store"
)

// The settings that this package keeps in the store.
const (
	settingInstance = "instance-id"
	settingBase     = "base-url" // where the last server could be reached
	settingSumDB    = "checksum-database"
	// settingByHand, followed by the place, says that a person has set the
	// place's upstream (to none as well), so that nothing is adopted for it.
	settingByHand = "upstream-by-hand/"
)

// kept is what a data directory remembers for the wiring.
type kept struct {
	instance string
	base     string                    // ends in a slash; "" before the first server
	sumdb    *golang.SumDB             // nil: none
	origins  map[string][]store.Origin // by place
	byHand   map[string]bool           // by place
}

// readKept reads what is kept, and gives a new data directory its instance
// id, which outgoing requests carry so that Assay never becomes its own
// upstream.
func readKept(ctx context.Context, s store.Store, places []string, now time.Time) (kept, error) {
	var k kept
	read := func(tx store.Tx) error {
		k = kept{origins: map[string][]store.Origin{}, byHand: map[string]bool{}}
		id, err := tx.Setting(ctx, settingInstance)
		if err != nil {
			return err
		}
		k.instance = string(id)
		base, err := optional(tx.Setting(ctx, settingBase))
		if err != nil {
			return err
		}
		k.base = string(base)
		if k.sumdb, err = readSumDB(ctx, tx); err != nil {
			return err
		}
		for _, place := range places {
			mark, err := optional(tx.Setting(ctx, settingByHand+place))
			if err != nil {
				return err
			}
			k.byHand[place] = len(mark) > 0
		}
		origins, err := tx.Origins(ctx)
		if err != nil {
			return err
		}
		for _, o := range origins {
			k.origins[o.Registry] = append(k.origins[o.Registry], o)
		}
		return nil
	}
	err := s.View(ctx, read)
	if assay.Is(err, assay.NotFound) { // the instance id: a new directory
		if err = s.Update(ctx, func(tx store.Tx) error { return createInstance(ctx, tx, now) }); err == nil {
			err = s.View(ctx, read)
		}
	}
	return k, err
}

func createInstance(ctx context.Context, tx store.Tx, now time.Time) error {
	if _, err := tx.Setting(ctx, settingInstance); !assay.Is(err, assay.NotFound) {
		return err
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	if err := tx.PutSetting(ctx, settingInstance, []byte(hex.EncodeToString(id[:]))); err != nil {
		return err
	}
	return tx.AppendEvent(ctx, assay.Event{Time: now, Kind: assay.EventInstanceCreated, By: assay.Operator.ID, Body: json.RawMessage("{}")})
}

// optional turns "not found" into nothing.
func optional(value []byte, err error) ([]byte, error) {
	if assay.Is(err, assay.NotFound) {
		return nil, nil
	}
	return value, err
}

func readSumDB(ctx context.Context, tx store.Tx) (*golang.SumDB, error) {
	text, err := optional(tx.Setting(ctx, settingSumDB))
	if err != nil || len(text) == 0 {
		return nil, err
	}
	var db adopt.SumDB
	if err := json.Unmarshal(text, &db); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the setting %s in the database cannot be read", settingSumDB)
	}
	return newSumDB(&db)
}

func newSumDB(db *adopt.SumDB) (*golang.SumDB, error) {
	if db == nil {
		return nil, nil
	}
	return golang.NewSumDB(db.Key, db.URL)
}

// putSumDB keeps the checksum database; nil means that there is none.
func putSumDB(ctx context.Context, tx store.Tx, db *golang.SumDB) error {
	text := []byte{}
	if db != nil {
		var err error
		if text, err = json.Marshal(adopt.SumDB{Name: db.Name, Key: db.Key, URL: db.URL}); err != nil {
			return assay.Wrap(assay.Internal, err, "the checksum database cannot be written as JSON")
		}
	}
	return tx.PutSetting(ctx, settingSumDB, text)
}

// upstreamChange is the body of the event upstream-changed, which is written
// as canonical JSON (RFC 8785).
type upstreamChange struct {
	Origins []originChange `json:"origins"`
	Place   string         `json:"place"`
}

type originChange struct {
	Address string   `json:"address"`
	Mirrors []string `json:"mirrors,omitempty"`
	Source  string   `json:"source"`
}

// putOrigins replaces the origins of a place, with its event, in one
// transaction.
func putOrigins(ctx context.Context, tx store.Tx, place string, origins []store.Origin, byHand bool, now time.Time) error {
	if err := tx.PutOrigins(ctx, place, origins); err != nil {
		return err
	}
	if byHand {
		if err := tx.PutSetting(ctx, settingByHand+place, []byte("yes")); err != nil {
			return err
		}
	}
	change := upstreamChange{Origins: []originChange{}, Place: place}
	for _, o := range origins {
		change.Origins = append(change.Origins, originChange{Address: o.Address, Mirrors: o.Mirrors, Source: o.Source})
	}
	body, err := json.Marshal(change)
	if err == nil {
		err = (*jsontext.Value)(&body).Canonicalize()
	}
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the change of upstream cannot be written as JSON")
	}
	by := assay.PrincipalOf(ctx)
	if by.ID == "" {
		by = assay.Operator // adopted at the start, for whoever started it
	}
	return tx.AppendEvent(ctx, assay.Event{Time: now, Kind: assay.EventUpstreamChanged, By: by.ID, Body: body})
}
