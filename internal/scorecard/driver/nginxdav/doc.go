// Package nginxdav starts a throw-away nginx that serves a folder as a Maven
// repository and takes what is PUT into it (WebDAV), which is how many keep
// one, and is its scorecard.Instance.
//
// nginx is the one of this machine: it is no peer that could be installed for
// the trials alone, and its version is found out. Its configuration follows
// the example in the documentation of its WebDAV module (PUT and DELETE, folders
// made as they are needed), with a password file for everything but reading.
// There is no upstream: a folder of files has none. Two artifacts under
// well-known names are deployed to it, for probes to look at.
//
// nginx knows nothing of Maven. Whoever stands in the password file may write
// and remove everything. What Maven's protocol has no call for is removing:
// this driver sends DELETE, as WebDAV has it.
package nginxdav
