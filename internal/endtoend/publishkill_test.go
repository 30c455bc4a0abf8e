package endtoend_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// publishKillRounds is how often the loop kills in an ordinary run;
// ASSAY_KILL_ROUNDS asks for more.
const publishKillRounds = 1000

// wholeCheckEvery is after how many rounds the whole log and everything that
// was ever published are checked, and not the last round alone.
const wholeCheckEvery = 50

// TestPublishKillLoop kills the server at any moment of publishing, of a race
// for one version and of removals, and after each restart checks what was
// left: what was accepted is there, byte for byte, with one event, at the
// place in the log that was promised; what was refused left nothing; of what
// was cut off there is all or nothing.
func TestPublishKillLoop(t *testing.T) {
	rounds := publishKillRounds
	if s := os.Getenv("ASSAY_KILL_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("ASSAY_KILL_ROUNDS is %q, want a number of rounds", s)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("the moments are drawn from seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	a := newAssay(t)
	a.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	a.start()
	a.do("claim", npmClaim)
	token := a.token("--publish", npmClaim)
	a.stop()
	var all []*attempt
	var last []*attempt
	tally := map[string]int{}
	for round := range rounds {
		a.start("--no-adopt")
		checkAttempts(t, a, token, last)
		if round%wholeCheckEvery == wholeCheckEvery-1 {
			checkAttempts(t, a, token, all)
			a.checkLog(t)
		}
		if t.Failed() {
			t.Fatalf("round %d found a broken state after the kill before it", round)
		}
		last = publishUntilKilled(t, a, token, round, random)
		all = append(all, last...)
		for _, at := range last {
			tally[at.outcome()]++
		}
	}
	a.start("--no-adopt")
	checkAttempts(t, a, token, all)
	a.checkLog(t)
	t.Logf("%d rounds: %v", rounds, tally)
	if rounds >= 100 && (tally["accepted"] == 0 || tally["cut off"] == 0 || tally["refused"] == 0 || tally["removed"] == 0) {
		t.Error("every kill came too early or too late to mean anything")
	}
}

// attempt is one publish, and what was asked for after it.
type attempt struct {
	up      upload
	status  int   // of the answer; 0: there was none
	index   int64 // the place in the log that was promised; -1: none
	removal int   // the status of the removal's answer; 0: not asked for, or cut off
	removes bool  // a removal was sent
}

func (at *attempt) outcome() string {
	switch {
	case at.status == 0:
		return "cut off"
	case at.status != http.StatusCreated:
		return "refused"
	case at.removal == http.StatusOK:
		return "removed"
	}
	return "accepted"
}

// publishUntilKilled lets publishers publish, two of them always the same
// versions, and kills the server among it.
func publishUntilKilled(t *testing.T, a *assay, token string, round int, random *rand.Rand) []*attempt {
	t.Helper()
	var (
		mu    sync.Mutex
		made  []*attempt
		works sync.WaitGroup
	)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	work := func(name, salt string, removing bool) {
		for i := range 12 {
			at := &attempt{up: newUpload(t, name, fmt.Sprintf("1.0.%d", i), salt), index: -1}
			mu.Lock()
			made = append(made, at)
			mu.Unlock()
			if at.publish(ctx, a, token) != nil {
				return
			}
			if removing && i%2 == 0 && at.status == http.StatusCreated && at.remove(ctx, a, token) != nil {
				return
			}
		}
	}
	alone, raced := fmt.Sprintf("@vaultworks/alone-%d", round), fmt.Sprintf("@vaultworks/raced-%d", round)
	works.Go(func() { work(alone, "alone", true) })
	works.Go(func() { work(raced, "one", false) })
	works.Go(func() { work(raced, "other", false) })
	time.Sleep(time.Duration(random.ExpFloat64() * float64(35*time.Millisecond)))
	a.kill()
	cancel()
	works.Wait()
	return made
}

func (at *attempt) publish(ctx context.Context, a *assay, token string) error {
	r, err := at.up.request(ctx, a, token)
	if err != nil {
		return err
	}
	got, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	at.status = got.StatusCode
	if s := got.Header.Get("Assay-Log-Index"); s != "" {
		at.index, err = strconv.ParseInt(s, 10, 64)
	}
	return err
}

// remove does what npm unpublish does for the only version of a package: by
// the interface of commands it would take an administrator's token.
func (at *attempt) remove(ctx context.Context, a *assay, token string) error {
	url := a.base + "npm/" + strings.Replace(at.up.name, "/", "%2f", 1)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"?write=true", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := a.client.Do(r)
	if err != nil {
		return err
	}
	var document map[string]any
	err = json.NewDecoder(got.Body).Decode(&document)
	got.Body.Close()
	if err != nil {
		return err
	}
	versions, _ := document["versions"].(map[string]any)
	delete(versions, at.up.version)
	method, path, body := http.MethodDelete, url+"/-rev/"+fmt.Sprint(document["_rev"]), ""
	if len(versions) > 0 {
		method = http.MethodPut
		tags, _ := document["dist-tags"].(map[string]any)
		for tag, version := range tags {
			if version == at.up.version {
				delete(tags, tag)
			}
		}
		body = string(must1(json.Marshal(document)))
	}
	at.removes = true
	if r, err = http.NewRequestWithContext(ctx, method, path, strings.NewReader(body)); err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if got, err = a.client.Do(r); err != nil {
		return err
	}
	defer got.Body.Close()
	at.removal = got.StatusCode
	return nil
}

// kept is what the database holds of one version.
type kept struct {
	released, removed   bool
	published, removals int // events
	place               int64
	blob                string
}

// checkAttempts asserts that what the attempts left is what they were told.
func checkAttempts(t *testing.T, a *assay, token string, attempts []*attempt) {
	t.Helper()
	if len(attempts) == 0 {
		return
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.data, "assay.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	packages := map[string]map[string]*kept{}
	for _, at := range attempts {
		if packages[at.up.name] == nil {
			packages[at.up.name] = readKept(t, db, at.up.name)
		}
	}
	winners := map[string]int{}
	for _, at := range attempts {
		name, version := at.up.name, at.up.version
		what := name + "@" + version + " (" + at.outcome() + ")"
		k := packages[name][version]
		if k == nil {
			k = &kept{place: -1}
		}
		sum := sha256.Sum256(at.up.tarball)
		mine := k.blob == hex.EncodeToString(sum[:])
		if at.status == http.StatusCreated {
			winners[name+"@"+version]++
			if !mine {
				t.Errorf("%s: what is there is not what was accepted: %+v", what, k)
			}
			if at.index >= 0 && k.place != at.index {
				t.Errorf("%s: its event was promised the place %d and has %d", what, at.index, k.place)
			}
		}
		if at.status != 0 && at.status != http.StatusCreated && mine {
			t.Errorf("%s: it was refused with %d and is there", what, at.status)
		}
		if k.released != (k.published == 1) || k.published > 1 || k.released != (k.blob != "") {
			t.Errorf("%s: the version, its file and its event are not one: %+v", what, k)
		}
		if k.removed != (k.removals == 1) || k.removals > 1 || at.removal == http.StatusOK && !k.removed || !at.removes && at.status == http.StatusCreated && k.removed {
			t.Errorf("%s: the removal (answered %d) and its event are not one: %+v", what, at.removal, k)
		}
		if k.blob == "" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(a.data, "blobs", "sha256", k.blob[:2], k.blob))
		if sum := sha256.Sum256(content); err != nil || hex.EncodeToString(sum[:]) != k.blob {
			t.Errorf("%s: its bytes are not what its row says (%v)", what, err)
		}
		if at.status != http.StatusCreated {
			continue
		}
		got := a.ask(http.MethodGet, at.up.path(), token, nil)
		if handedOut := got.status == http.StatusOK; handedOut == k.removed || handedOut && string(got.body) != string(at.up.tarball) {
			t.Errorf("%s: its tarball answers %d with %d bytes; removed is %v", what, got.status, len(got.body), k.removed)
		}
	}
	for version, n := range winners {
		if n > 1 {
			t.Errorf("%s was accepted %d times", version, n)
		}
	}
	// The log has no gaps.
	var entries, end int64
	must(t, db.QueryRow("SELECT count(*), coalesce(max(idx) + 1, 0) FROM log_entry").Scan(&entries, &end))
	if entries != end {
		t.Errorf("the log ends at %d and has %d entries", end, entries)
	}
}

// readKept reads what there is of a package, by version.
func readKept(t *testing.T, db *sql.DB, name string) map[string]*kept {
	t.Helper()
	found := map[string]*kept{}
	of := func(version string) *kept {
		if found[version] == nil {
			found[version] = &kept{place: -1}
		}
		return found[version]
	}
	each(t, db, "SELECT version, removed <> 0 FROM release WHERE registry = 'npm' AND name = ?", func(rows *sql.Rows) error {
		var version string
		var removed bool
		if err := rows.Scan(&version, &removed); err != nil {
			return err
		}
		k := of(version)
		k.released, k.removed = true, removed
		return nil
	}, name)
	each(t, db, "SELECT version, kind, coalesce(idx, -1) FROM event LEFT JOIN log_entry ON event_id = event.id WHERE ecosystem = 'npm' AND name = ?", func(rows *sql.Rows) error {
		var version, kind string
		var place int64
		if err := rows.Scan(&version, &kind, &place); err != nil {
			return err
		}
		switch k := of(version); kind {
		case "published":
			k.published++
			k.place = place
		case "removed":
			k.removals++
		}
		return nil
	}, name)
	each(t, db, "SELECT version, blob FROM file WHERE registry = 'npm' AND name = ? AND stored = 1", func(rows *sql.Rows) error {
		var version, blob string
		if err := rows.Scan(&version, &blob); err != nil {
			return err
		}
		of(version).blob = strings.TrimPrefix(blob, "sha256:")
		return nil
	}, name)
	return found
}

// checkLog lets assay verify its whole log.
func (a *assay) checkLog(t *testing.T) {
	t.Helper()
	if r := a.command("log", "verify"); r.code != 0 {
		t.Errorf("assay log verify ended with %d:\n%s", r.code, r.out)
	}
}
