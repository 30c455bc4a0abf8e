package journal

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
)

// Witness is one that cosigns checkpoints after it has checked that the log
// only grows (https://c2sp.org/tlog-witness).
type Witness struct {
	// Address is the submission prefix: add-checkpoint lies below it.
	Address string
	// Key is the witness's verifier key, of the Ed25519 cosignature type.
	Key string
}

// witnesses are those that are asked, and what each last cosigned.
type witnesses struct {
	round  sync.Mutex // one round at a time; guards what each was asked
	list   []*asked
	client *http.Client
	every  time.Duration
	wait   time.Duration
}

type asked struct {
	address  string // of add-checkpoint
	verifier note.Verifier
	// old is the size that the witness is believed to have cosigned last.
	// Zero is always a sound guess: the witness answers with the right one.
	old int64
}

func newWitnesses(configured []Witness, client *http.Client, limits Limits) (*witnesses, error) {
	w := &witnesses{every: limits.WitnessEvery, wait: limits.WitnessWait}
	if client == nil {
		client = &http.Client{}
	}
	own := *client
	// A redirect could lead the request to an address nobody chose.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	w.client = &own
	for _, c := range configured {
		u, err := url.Parse(c.Address)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, assay.Errorf(assay.Invalid, "%q is not the address of a witness: write https://, a host and a path", c.Address)
		}
		verifier, err := tlog.NewCosignatureVerifier(c.Key)
		if err != nil {
			return nil, err
		}
		w.list = append(w.list, &asked{address: strings.TrimSuffix(c.Address, "/") + "/add-checkpoint", verifier: verifier})
	}
	return w, nil
}

func (w *witnesses) verifiers() []note.Verifier {
	var all []note.Verifier
	for _, a := range w.list {
		all = append(all, a.verifier)
	}
	return all
}

// askWitnesses has each new checkpoint cosigned, as often as WitnessEvery
// allows: a witness that is slow or gone holds nothing up.
func (s *Sequencer) askWitnesses(ctx context.Context) {
	if len(s.witnesses.list) == 0 {
		return
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	done := int64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		size, changed := s.head.watch()
		if size <= done {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
		}
		if size, err := s.Cosign(ctx); err != nil {
			if ctx.Err() == nil {
				s.log.Error("a checkpoint of the log was not cosigned by every witness", "error", err)
			}
		} else {
			done = size
		}
		pause.Reset(s.witnesses.every)
	}
}

// Cosign asks every configured witness for its cosignature of the newest
// checkpoint, adds those that it gets, and returns that checkpoint's size. The
// error joins what each witness had to say against it; one of kind Conflict
// means that a witness has seen another history of this log, or a longer one.
// Run does this by itself.
func (s *Sequencer) Cosign(ctx context.Context) (int64, error) {
	s.witnesses.round.Lock()
	defer s.witnesses.round.Unlock()
	signed, err := s.head.checkpoint()
	if err != nil {
		return 0, err
	}
	c, err := tlog.OpenCheckpoint(signed, s.key.verifier)
	if err != nil {
		return 0, err
	}
	var group sync.WaitGroup
	faults := make([]error, len(s.witnesses.list))
	for i, a := range s.witnesses.list {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, s.witnesses.wait)
			defer cancel()
			lines, err := s.ask(ctx, a, signed, c)
			if err == nil {
				err = s.AddCosignatures(ctx, signed, lines)
			}
			faults[i] = err
		})
	}
	group.Wait()
	return c.Size, errors.Join(faults...)
}

// ask gets one witness's cosignature. If the witness knows another size than
// was believed, it is asked once more from there.
func (s *Sequencer) ask(ctx context.Context, a *asked, signed []byte, c tlog.Checkpoint) ([]byte, error) {
	for try := 0; ; try++ {
		proof, err := s.consistency(ctx, a.old, c.Size)
		if err != nil {
			return nil, err
		}
		status, answer, err := s.witnesses.post(ctx, a, requestBody(a.old, proof, signed))
		if err != nil {
			return nil, err
		}
		switch {
		case status == http.StatusOK:
			lines, err := tlog.Cosignatures(signed, answer, a.verifier)
			if err != nil {
				return nil, assay.Wrap(assay.Unsound, err, "the witness %s answered with a cosignature that does not hold", a.verifier.Name())
			}
			a.old = c.Size
			return lines, nil
		case status == http.StatusConflict && try == 0:
			size, err := strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
			switch {
			case a.old == c.Size && (err != nil || size == a.old):
				return nil, s.anotherHistory(a, c.Size) // the same size and another root
			case err != nil || size < 0:
				return nil, assay.Errorf(assay.Unsound, "the witness %s answered 409 without the size of the log that it knows", a.verifier.Name())
			case size > c.Size:
				return nil, assay.Errorf(assay.Conflict, "the witness %s has seen this log with %d entries, and here it has only %d: an older copy of this data directory was put in the place of the real one. Do not publish; restore the newest backup", a.verifier.Name(), size, c.Size)
			}
			a.old = size
		case status == http.StatusConflict, status == http.StatusUnprocessableEntity:
			return nil, s.anotherHistory(a, a.old)
		default:
			return nil, assay.Errorf(assay.Unavailable, "the witness %s answered %d: %s", a.verifier.Name(), status, refusal(status))
		}
	}
}

func (s *Sequencer) anotherHistory(a *asked, size int64) error {
	return assay.Errorf(assay.Conflict, "the witness %s has seen another history of this log: its first %d entries are not the ones here. Somebody changed the database or signed elsewhere with this log's key", a.verifier.Name(), size)
}

// refusal says what a status of tlog-witness means.
func refusal(status int) string {
	switch status {
	case http.StatusNotFound:
		return "it does not know this log's origin; its operator must add it"
	case http.StatusForbidden:
		return "it does not know this log's key; its operator must add it"
	case http.StatusBadRequest:
		return "it finds the request malformed"
	}
	return "it cannot cosign now"
}

func requestBody(old int64, proof merkle.TreeProof, signed []byte) []byte {
	var b bytes.Buffer
	b.WriteString("old " + strconv.FormatInt(old, 10) + "\n")
	for _, h := range proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteByte('\n')
	b.Write(signed)
	return b.Bytes()
}

func (w *witnesses) post(ctx context.Context, a *asked, body []byte) (int, []byte, error) {
	unreachable := func(err error) error {
		if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
			return assay.Wrap(assay.Canceled, err, "asking the witness %s", a.verifier.Name())
		}
		return assay.Wrap(assay.Unavailable, err, "the witness %s cannot be reached", a.verifier.Name())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, unreachable(err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, nil, unreachable(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, tlog.MaxCosignatures+1))
	if err != nil {
		return 0, nil, unreachable(err)
	}
	return resp.StatusCode, answer, nil
}

// AddCosignatures adds to the served checkpoint those lines that are
// cosignatures of it by configured witnesses. signed is the checkpoint they
// were made for; if a newer one is served meanwhile, they are kept with
// theirs in checkpoint.cosigned. Lines that do not hold are Unsound.
func (s *Sequencer) AddCosignatures(ctx context.Context, signed, lines []byte) error {
	sound, err := tlog.Cosignatures(signed, lines, s.witnesses.verifiers()...)
	if err != nil {
		return err
	}
	c, err := tlog.OpenCheckpoint(signed, s.key.verifier)
	if err != nil {
		return err
	}
	s.work.Lock()
	defer s.work.Unlock()
	base := signed
	current, err := s.head.checkpoint()
	if err != nil {
		return err
	}
	isCurrent := sameText(current, signed)
	if isCurrent {
		base = current
	} else if kept, err := s.files.Get(ctx, fileCosigned); err == nil {
		older, err := tlog.OpenCheckpoint(kept, s.key.verifier)
		switch {
		case err == nil && older.Size > c.Size:
			return nil // a newer one has cosignatures already
		case err == nil && sameText(kept, signed):
			base = kept
		}
	}
	joined := addLines(base, sound)
	if err := s.files.Put(ctx, fileCosigned, joined); err != nil {
		return err
	}
	if !isCurrent {
		return nil
	}
	if err := s.files.Put(ctx, fileCheckpoint, joined); err != nil {
		return err
	}
	s.head.set(c.Size, joined)
	return nil
}

// sameText tells whether two signed notes differ in signatures at most.
func sameText(a, b []byte) bool {
	x, _, _ := bytes.Cut(a, []byte("\n\n"))
	y, _, _ := bytes.Cut(b, []byte("\n\n"))
	return bytes.Equal(x, y)
}

// addLines appends signature lines; a line of a key that has one already
// takes its place, because signed-note allows one of each.
func addLines(signed, lines []byte) []byte {
	text, signatures, _ := bytes.Cut(signed, []byte("\n\n"))
	out := append(bytes.Clone(text), "\n\n"...)
	for line := range bytes.Lines(signatures) {
		replaced := false
		for fresh := range bytes.Lines(lines) {
			replaced = replaced || sameKey(line, fresh)
		}
		if !replaced {
			out = append(out, line...)
		}
	}
	return append(out, lines...)
}

// sameKey compares the names and key ids of two signature lines.
func sameKey(a, b []byte) bool {
	nameA, idA := keyOf(a)
	nameB, idB := keyOf(b)
	return nameA != "" && nameA == nameB && idA == idB
}

func keyOf(line []byte) (name, id string) {
	fields := strings.Fields(string(line))
	if len(fields) != 3 || len(fields[2]) < 8 {
		return "", ""
	}
	raw, err := base64.StdEncoding.DecodeString(fields[2][:8]) // six bytes; four are the key id
	if err != nil || len(raw) != 6 {
		return "", ""
	}
	return fields[1], string(raw[:4])
}
