// Package pypiserver starts a throw-away pypiserver and is its
// scorecard.Instance.
//
// One exact version is installed from the Python package index that this
// machine's pip uses, once, into a cache folder, with passlib, which it needs
// for passwords. It runs with its defaults, changed in what a throw-away
// instance needs and nothing else: the address, the folder of packages, a
// password file with two people in it, and --disable-fallback. By default
// it sends whoever asks for a project that it does not have to the public
// index by a redirect, and no trial may lead out of this machine. It asks for
// nothing itself either way, so that it has no upstream. Two projects under
// well-known names are published, for probes to look at.
//
// Whoever stands in the password file may upload and remove everything; a file
// that is there is not replaced. What twine's protocol has no call for is
// removing: this driver sends the action remove_pkg, as pypiserver's own
// documentation has it.
package pypiserver
