package wire

// Limits bound the work that documents from outside can cause. Sizes are in
// bytes.
type Limits struct {
	Metadata int64 // a maven-metadata.xml
	Versions int   // how many versions, plugins or snapshot files it may name
	POM      int64 // a POM
	Depth    int   // how deep the elements of a document may nest
	Text     int   // the text of one element that is read
	Entries  int   // dependencies, licences and the like of one POM
	// Directory is the table of contents of a jar, which takes many times its
	// size in memory while it is checked; Names is how many entries it has.
	Directory  int64
	Names      int
	Properties int64 // a pom.properties in a jar
}

// DefaultLimits lie far above what real packages need: the largest metadata
// of the public repositories has some hundred kilobytes.
func DefaultLimits() Limits {
	return Limits{
		Metadata:   4 << 20,
		Versions:   50_000,
		POM:        4 << 20,
		Depth:      64,
		Text:       64 << 10,
		Entries:    10_000,
		Directory:  64 << 20,
		Names:      300_000,
		Properties: 64 << 10,
	}
}
