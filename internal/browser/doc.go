// Package browser holds only tests: they open every page of a running server
// in headless Chromium, and check what only a browser can tell.
//
// The assay command is built and started on a free port over an empty data
// directory, with fakes of the upstream registries. It is then filled with
// the traffic of an ordinary day: versions that were allowed, refused, warned
// of, blocked and excepted; hosted packages that were yanked, quarantined,
// deprecated and removed; names and reasons of awkward length and of many
// scripts; a package of three hundred versions. Each address of the table in
// addresses_test.go is opened in a tab of its own, and what is asked there is
// one file each:
//
//	loading    the status, the words that the page is for, no error on the
//	           console, no request to another origin, nothing that the content
//	           policy had to stop, nothing that is private
//	structure  language, title, one h1, headings without gaps, landmarks
//	layout     no sideways scrolling, nothing cut off, no short word in pieces:
//	           at 1280, 390 and 320 pixels, at twice the size, and on paper
//	schemes    light is light and dark is dark
//	axe        no serious or critical finding of axe-core, light and dark,
//	           at a desk and on a phone
//	motion     nothing moves for people who asked for less motion
//	keyboard   Tab reaches everything, in the order of the document, visibly
//	           and without a trap; the first stop skips to the content
//	links      no link of the page leads nowhere
//	quiet      none of this made the console speak
//	scripts    without scripts the page says the same
//
// Beside these, forms are filled in by the keyboard and sent without scripts, a
// decision is seen to appear in the list that is open, and reading pages is
// shown to change nothing of what is counted.
//
// The questions that are asked inside the page are the scripts in probe/. They
// answer with findings in words. Each is also asked of pages that are wrong on
// purpose, in faults_test.go: a check that finds nothing there proves nothing
// here.
//
// Chromium is found by the environment variable ASSAY_CHROMIUM and axe-core by
// ASSAY_AXE; ./check installs both and sets the two. Without them the tests
// fail: a page that nobody looked at must not pass for one that is right. With
// ASSAY_SCREENS set to a folder, a picture of every page is left there, at 390
// and at 1280 pixels, light and dark.
//
// Nothing beyond the loopback interface is asked: Chromium is started so that
// it resolves no other name.
package browser
