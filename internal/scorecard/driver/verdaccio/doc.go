// Package verdaccio starts a throw-away Verdaccio and is its
// scorecard.Instance, so that other software stands under the same trials as
// Assay.
//
// One exact version is installed from the npm registry that this machine
// uses, once, into a cache folder, without running any script of a package.
// It gets the configuration that it brings along as its default, changed in
// what a throw-away instance needs and nothing else: the address, the storage
// folder, the uplink's address (ours), the level of its log, and a way out of
// this machine that leads nowhere: its audit has the public npm registry's
// address built in, and no trial may depend on what that answers today.
//
// All that Verdaccio can be asked is asked through npm's protocol; this
// driver adds no call. Its uplink has one address, because the default
// configuration has.
package verdaccio
