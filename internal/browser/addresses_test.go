package browser_test

import (
	"net/http"
	"strings"
)

// address is a page that is looked at.
type address struct {
	name   string
	path   string
	token  string // of the person who looks; "" for a stranger
	status int64  // 0 is 200
	says   []string
}

// addresses are all pages, each in the states that a day brings about. A page
// that is not there, or does not say what it is for, fails.
func (d *day) addresses() []address {
	hosted := "pkg:npm/%40vaultworks/quartzite"
	long := "pkg:npm/" + strings.Replace(npmLong, "@", "%40", 1)
	return []address{
		{name: "home", path: "/", says: []string{d.base + "/npm/", d.base + "/go/", "last hour"}},
		{name: "search with packages found", path: "/?q=kettle", says: []string{"pkg:npm/kettle", goKettle}},
		{name: "search with nothing found", path: "/?q=" + "no-such-package-%E6%B0%B4-%3Cb%3E", says: []string{"no-such-package-水-<b>"}},
		{name: "search of a reader", path: "/?q=quartzite", token: d.reader, says: []string{"quartzite"}},

		{name: "package from upstream", path: "/packages/pkg:npm/kettle", says: []string{"kettle", "1.2.0", "1.3.0", "2.0.0-rc.1", "npm install", "kettle@1.3.0"}},
		{name: "package with hundreds of versions", path: "/packages/pkg:npm/" + manyVersions, says: []string{"2.9.9", "cooldown"}},
		{name: "package with hundreds of versions, the older ones", path: d.following("/packages/pkg:npm/" + manyVersions), says: []string{"allow"}},
		{name: "package with a long name", path: "/packages/" + long, says: []string{npmLong, "1.0.0"}},
		{name: "package hosted here", path: "/packages/" + hosted, token: d.reader, says: []string{"quartzite", "yanked", "quarantined", "removed", yankReason, "a password in it"}},
		{name: "package of Go", path: "/packages/pkg:golang/" + goKettle, says: []string{goKettle, "v1.1.0", "go get"}},
		{name: "package of Go with a long name", path: "/packages/pkg:golang/" + goLong, says: []string{"v2.0.0"}},
		{name: "package that a stranger may not read", path: "/packages/" + hosted, status: http.StatusNotFound},
		{name: "package that is not there", path: "/packages/pkg:npm/no-such-package", status: http.StatusNotFound},

		{name: "version allowed", path: "/packages/pkg:npm/kettle@1.0.0", says: []string{"kettle", "1.0.0", "allowed"}},
		{name: "version blocked", path: "/packages/pkg:npm/kettle@1.2.0", says: []string{"1.2.0", "block", blockReason}},
		{name: "version excepted", path: "/packages/pkg:npm/kettle@1.1.0", says: []string{"1.1.0", exceptReason}},
		{name: "version warned of", path: "/packages/pkg:npm/kettle@2.0.0-rc.1", says: []string{"experimental"}},
		{name: "version with a long name", path: "/packages/" + long + "@" + longVersion, says: []string{longVersion, "cooldown"}},
		{name: "version hosted here", path: "/packages/" + hosted + "@1.2.0", token: d.reader, says: []string{"deprecated", retiredReason}},

		{name: "reason of a cooldown", path: "/why/" + d.cooldown, says: []string{"cooldown", "1.0.1", "1.0.0"}},
		{name: "reason of a block", path: "/why/" + d.blocked, says: []string{"block", blockReason, "1.0.0"}},
		{name: "reason of a quarantine", path: "/why/" + d.quarantined, says: []string{"status", alarmReason}},
		{name: "reason with a long name", path: "/why/" + d.longNamed, says: []string{"cooldown", longVersion}},
		{name: "reason of Go", path: "/why/" + d.module, says: []string{"cooldown", goKettle}},
		{name: "reason that is not there", path: "/why/aaaaaaaaaaaaaaaa", status: http.StatusNotFound},

		{name: "decisions", path: "/decisions", says: []string{"cooldown", "deny", manyVersions, "Older"}},
		{name: "decisions, the older ones", path: d.following("/decisions"), says: []string{"cooldown", manyVersions}},
		{name: "decisions of a rule", path: "/decisions?rule=block&registry=npm&effect=deny", says: []string{"block", "kettle"}},
		{name: "decisions observed", path: "/decisions?effect=would+warn", says: []string{"install-scripts", "stove"}},
		{name: "decisions of an administrator", path: "/decisions?registry=go", token: d.admin, says: []string{"cooldown", goKettle}},
		{name: "decisions of which there are none", path: "/decisions?rule=digest-changed"},

		{name: "policy", path: "/policy", says: []string{"cooldown", "install-scripts", "observe", "block", "digest-changed", "3 days"}},
		{name: "log", path: "/log", token: d.admin, says: []string{"checkpoint", "published"}},
		{name: "desk of an administrator", path: "/admin/desk", token: d.admin, says: []string{"held", "reports", "assay held release"}},
		{name: "desk of a reader", path: "/admin/desk?all=yes", token: d.reader, says: []string{"assay held appeal"}},
		{name: "desk of a stranger", path: "/admin/desk", status: http.StatusUnauthorized, says: []string{"token"}},
		{name: "scorecard", path: "/scorecard", says: []string{"assay score"}},

		{name: "nothing there", path: "/nothing-is-served-here/" + strings.Repeat("at-all", 40), status: http.StatusNotFound},
		{name: "token that is not known", path: "/policy", token: "assay_not-a-token", status: http.StatusUnauthorized},
		{name: "log forbidden", path: "/log", token: d.reader, status: http.StatusForbidden, says: []string{"log"}},
	}
}
