package assay

// Principal is who asks. Anonymous has an empty ID; no addresses are kept.
type Principal struct {
	ID    string // "" anonymous, "operator" over the data directory's socket
	Admin bool   // whoever can open the data directory is administrator
}

// Operator is the principal of commands run on the data directory.
var Operator = Principal{ID: "operator", Admin: true}
