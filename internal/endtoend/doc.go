// Package endtoend holds only tests: they build the assay command once, run
// it on a free port over an empty data directory, with fakes of the upstream
// registries, and drive it with the package managers that people use. What
// npm, pnpm and go print is what is asserted on, because that is all a person
// sees.
//
// npm, pnpm and go must be installed; their homes, caches and settings are
// made anew for each test, and nothing beyond the loopback interface is asked.
//
// Three things are here beside the package managers: the suite of
// ecosystemtest over the whole house in one process, where the clock can be
// moved; the kill loop, which ends a server at any moment and checks what it
// left; and the commands.
package endtoend
