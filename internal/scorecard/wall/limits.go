package wall

// Limits bound what is read. The zero value is not usable; see SafeLimits.
type Limits struct {
	Files      int   // in all folders together
	Assessment int64 // bytes of one
	Card       int64 // bytes of one
	Warnings   int   // that are told of one file
}

// SafeLimits hold a wall of some hundred repositories.
func SafeLimits() Limits {
	return Limits{Files: 1000, Assessment: 2 << 20, Card: 32 << 20, Warnings: 3}
}
