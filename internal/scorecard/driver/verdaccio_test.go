package driver_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/verdaccio"
)

// peers is where this machine keeps what it installed for other runs.
func peers(t *testing.T) string {
	t.Helper()
	if at := os.Getenv("ASSAY_PEERS"); at != "" {
		return at
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "assay", "peers")
}

func TestVerdaccio(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	i, err := verdaccio.Start(ctx, machine{t: t}, driver.Options{Cache: peers(t), Log: func(text string) { t.Log(text) }})
	if _, none := exec.LookPath("npm"); none != nil {
		if err == nil || !strings.Contains(err.Error(), "npm") {
			t.Fatalf("without npm it says %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := i.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if s := i.Subject(); s.Version != verdaccio.Version || len(s.Addresses) != 1 {
		t.Errorf("the subject is %+v", s)
	}
	o := openWith(t, i, assay.NPM)
	one := scorecard.Release{Name: o.pack.ThrowAway(i.Under(assay.NPM), "seed", "kettle"), Version: "1.0.0"}
	if a := o.protocol.Publish(ctx, i.Publisher(assay.NPM), one); a.Verdict != scorecard.Accepted {
		t.Errorf("the publisher publishes: %s", a)
	}
	other := scorecard.Release{Name: o.pack.ThrowAway(i.UnderStranger(assay.NPM), "seed", "lid"), Version: "1.0.0"}
	if a := o.protocol.Publish(ctx, i.Stranger(assay.NPM), other); a.Verdict != scorecard.Accepted {
		t.Errorf("the stranger publishes: %s", a)
	}
	if a := o.protocol.Publish(ctx, scorecard.Credential{}, one); !a.No() {
		t.Errorf("nobody publishes: %s", a)
	}
	if err := i.Upstream(assay.NPM).Offer(scorecard.Release{Name: "spout", Version: "1.0.0"}, time.Now().AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, a := o.protocol.File(ctx, scorecard.Credential{}, "spout", "1.0.0"); a.Verdict != scorecard.Accepted {
		t.Errorf("a package of the upstream is %s", a)
	}
	if asked := i.Upstream(assay.NPM).Asked(); !slices.Contains(asked, "spout") {
		t.Errorf("the upstream was asked for %q", asked)
	}
	// Its audit would ask the public npm registry, which no trial may.
	if ids, a := o.protocol.Advisories(ctx, scorecard.Credential{}, "lodash", "4.17.15"); a.Verdict != scorecard.Unclear {
		t.Errorf("an audit left this machine: %q, %s", ids, a)
	}
	if a := o.driver.Block(ctx, "pkg:npm/spout", "for a trial"); a.Verdict != scorecard.NoCall {
		t.Errorf("a block: %s", a)
	}
	if len(i.Secrets()) != 4 || i.Publisher(assay.Golang).Secret != "" || i.Upstream(assay.Golang) != nil || i.Mail() != nil {
		t.Error("it has what it cannot have, or does not know its secrets")
	}
}
