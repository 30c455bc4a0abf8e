package rulebook

import (
	"context"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// state is all that the store holds of the rules, at one moment.
type state struct {
	epoch      uint64
	blocks     []store.Block
	exceptions []store.Exception
	claims     []store.Claim
	policy     store.Policy // ID 0: none has been applied
	rules      *policy.Ruleset
}

func (b *Book) read(ctx context.Context) (*state, error) {
	var s *state
	err := b.store.View(ctx, func(tx store.Tx) (err error) {
		s, err = b.load(ctx, tx)
		return err
	})
	return s, err
}

func (b *Book) load(ctx context.Context, tx store.Tx) (*state, error) {
	var s state
	text, err := tx.Setting(ctx, epochSetting)
	if err == nil {
		if s.epoch, err = strconv.ParseUint(string(text), 10, 64); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the epoch of the rules is kept as %q, which is no number", text)
		}
	} else if !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	if s.blocks, err = tx.Blocks(ctx); err != nil {
		return nil, err
	}
	if s.exceptions, err = tx.Exceptions(ctx); err != nil {
		return nil, err
	}
	if s.claims, err = tx.Claims(ctx); err != nil {
		return nil, err
	}
	if s.policy, err = tx.Policy(ctx); err != nil && !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	if s.rules, err = b.compile(&s); err != nil {
		return nil, err
	}
	return &s, nil
}

func (b *Book) compile(s *state) (*policy.Ruleset, error) {
	file := policy.Default()
	if s.policy.ID != 0 {
		var err error
		if file, err = policy.Parse([]byte(s.policy.Text), b.grammars); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the policy in force (version %d) can no longer be read", s.policy.ID)
		}
	}
	var blocks []policy.Block
	for _, row := range s.blocks {
		pattern, known, err := b.patternOf(row)
		if err != nil {
			return nil, err
		}
		if known {
			blocks = append(blocks, policy.Block{ID: row.ID, Pattern: pattern, Reason: row.Reason, Until: row.Until})
		}
	}
	var exceptions []policy.Exception
	for _, row := range s.exceptions {
		c, err := b.version(row.Coordinate)
		if err != nil {
			continue // lifting less is the safe side
		}
		exceptions = append(exceptions, policy.Exception{ID: row.ID, Coordinate: c, Rule: row.Rule, Reason: row.Reason, Until: row.Until})
	}
	var claims []policy.Claim
	for _, row := range s.claims {
		pattern, known, err := b.claimed(row)
		if err != nil {
			return nil, err
		}
		if known {
			claims = append(claims, policy.Claim{ID: row.ID, Pattern: pattern, Shadow: row.Shadow})
		}
	}
	return policy.Compile(s.epoch, file, blocks, exceptions, claims...), nil
}

// patternOf reads the pattern of a kept block. It is not known where its
// ecosystem does not exist here: then nothing of it is handed out either.
func (b *Book) patternOf(row store.Block) (p assay.Pattern, known bool, err error) {
	eco, err := assay.PatternEcosystem(row.Pattern)
	if err != nil {
		return p, false, assay.Wrap(assay.Internal, err, "the block %s can no longer be read", row.ID)
	}
	grammar, known := b.grammars(eco)
	if !known {
		return p, false, nil
	}
	if p, err = assay.ParsePattern(row.Pattern, grammar); err == nil {
		return p, true, nil
	}
	// A range that an older Assay understood and this one does not: refusing
	// too much is the safe side.
	if at := strings.LastIndexByte(row.Pattern, '@'); at > strings.LastIndexByte(row.Pattern, '/') {
		if p, err := assay.ParsePattern(row.Pattern[:at], grammar); err == nil {
			return p, true, nil
		}
	}
	return p, false, assay.Wrap(assay.Internal, err, "the block %s can no longer be read", row.ID)
}

// version reads and normalises the package URL of one version.
func (b *Book) version(purl string) (assay.Coordinate, error) {
	c, err := assay.ParseCoordinate(purl)
	if err != nil {
		return assay.Coordinate{}, err
	}
	grammar, known := b.grammars(c.Ecosystem)
	if !known {
		return assay.Coordinate{}, noEcosystem(purl, c.Ecosystem)
	}
	if c.Version == "" {
		return assay.Coordinate{}, assay.Errorf(assay.Invalid, "%q names no version: an exception is for one version, as %s@1.2.3", purl, c)
	}
	if c.File != "" {
		return assay.Coordinate{}, assay.Errorf(assay.Invalid, "%q names a file: an exception is for a version, leave the file out", purl)
	}
	if c.Name, err = grammar.Name(c.Name); err != nil {
		return assay.Coordinate{}, err
	}
	if c.Version, err = grammar.Version(c.Version); err != nil {
		return assay.Coordinate{}, err
	}
	return c, nil
}

func noEcosystem(what string, eco assay.Ecosystem) error {
	return assay.Errorf(assay.Invalid, "%q: there is no ecosystem %q here", what, eco)
}
