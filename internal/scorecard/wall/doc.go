// Package wall lays many scorecards side by side: it reads a folder of
// assessments and cards, checks them, and makes a static site of them that
// any web server can hold, that opens from a disk, and that Assay serves at
// /wall.
//
// It owns the site: which pages there are, what stands on them, and the forms
// of wall.json, changes.json and changes.atom. The folder:
//
//	*.yaml, *.yml    assessments (package assessment)
//	*.json           cards (package card); NAME.json joins NAME.yaml
//	public/          the same: public repositories
//	software/        the same: software, on its own part of the wall
//
// It promises that a file with a mistake is left out, with its line and what
// was meant, and that the rest is shown; that the site says what was left
// out; that the same files give the same bytes, for no clock is in them; that
// every link of the site leads somewhere, and is relative; and that no page
// needs a script, a colour, or anything from elsewhere.
//
// What the pages hold to, wherever it is tempting not to: unknown is said and
// is not absence; what is only stated is plainly so; sources that contradict
// each other are shown beside each other; every statement shows how old it
// is. There is no total and no ranking, and lists are alphabetical.
//
// It never makes a request, never writes outside the Place that it is given,
// and never changes a state: states are package assess's.
package wall
