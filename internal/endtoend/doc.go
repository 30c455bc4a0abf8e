// Package endtoend holds only tests: they build the assay command once, run
// it on a free port over an empty data directory, with fakes of the upstream
// registries, and drive it with the package managers that people use. What
// npm, pnpm and go print is what is asserted on, because that is all a person
// sees.
//
// npm, pnpm, go and git must be installed; their homes, caches and settings
// are made anew for each test, and nothing beyond the loopback interface is
// asked.
//
// Beside the package managers there are: the suite of ecosystemtest over the
// whole house in one process, where the clock can be moved; the kill loops,
// which end a server at any moment of pulling packages through or of taking
// them in, and check what it left; the leak tests, which search every byte
// that a stranger is served, and every request that an upstream was sent, for
// private names; the journal; and the commands.
package endtoend
