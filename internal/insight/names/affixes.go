package names

// What a word that was put beside a known name says. They are the words of
// impostors and of honest packages alike; how much each kind weighs was
// measured.
var (
	// languages say in which language a package is, where all are in it.
	languages = wordSet("js", "javascript", "node", "nodejs", "npm", "ts", "typescript", "es", "py", "py2", "py3", "python", "python2", "python3", "pypi", "pip",
		"go", "golang", "rs", "rust", "crate", "cargo", "java", "jvm", "lib", "libs", "library", "libary", "package", "pkg", "module", "mod")
	// claims say that a package is the true one, a better one or a mended one.
	claims = wordSet("official", "real", "original", "true", "genuine", "trusted", "secure", "safe", "security", "fast", "faster", "pro", "plus", "premium", "free",
		"prod", "production", "stable", "fix", "fixed", "fixes", "patch", "patched", "hotfix", "compat", "fork", "forked", "clone", "copy", "mirror", "up", "update", "updated",
		"updater", "upgrade", "install", "installer", "setup", "loader", "req", "requirements", "dev", "test", "tests", "testing", "demo", "tmp", "temp", "my")
	// tools say that something goes with a package.
	tools = wordSet("util", "utils", "tool", "tools", "toolkit", "helper", "helpers", "api", "apis", "sdk", "client", "cli", "core", "app", "web", "http", "https", "ssl", "io",
		"config", "configs", "common", "base", "kit", "plugin", "plugins", "extra", "extras", "addon", "ext", "wrapper", "handler", "check", "checker", "validator", "hub", "bot", "bots")
	// versions say which version something is, in words.
	versions = wordSet("latest", "new", "newer", "next", "old", "older", "legacy", "beta", "alpha", "rc", "canary", "nightly", "preview", "edge", "lts")
)

func wordSet(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}
