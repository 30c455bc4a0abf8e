// Package devpi starts a throw-away devpi-server and is its
// scorecard.Instance.
//
// One exact version is installed from the Python package index that this
// machine's pip uses, once, into a cache folder. It runs with its defaults,
// changed in what a throw-away instance needs and nothing else: the address,
// the folder of its data, a password for root, and the mirror root/pypi: it is
// of our upstream rather than of the public index, and asks it again after a
// second rather than half an hour, for which no trial can wait.
//
// The subject is one index, as its documentation has people make one: of a
// user's own, with root/pypi as its base, and otherwise as new indexes are. A
// devpi index is as fine as permissions go, so both parties of the trials may
// upload to it. What is asked beyond PyPI's protocol is devpi's own: removing,
// signing up, logging in, who one is, and another password. The mirror has one
// address.
package devpi
