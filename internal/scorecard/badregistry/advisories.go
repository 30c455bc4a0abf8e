package badregistry

import "assay.invalid/internal/assay"

// advisory is a vulnerability that the registry knows.
type advisory struct {
	ecosystem       assay.Ecosystem
	Number          int // the id in the audit call's answer
	ID, name, Title string
	affected        func(number string) bool
	Spelled         string // the affected versions, as npm writes a range
}

func advisories() []advisory {
	below := func(e assay.Ecosystem, bound string) func(string) bool {
		return func(number string) bool { return compare(e, number, bound) < 0 }
	}
	return []advisory{
		{assay.NPM, 1106913, "GHSA-35jh-r3h4-6jhm", "lodash", "command injection", below(assay.NPM, "4.17.21"), "<4.17.21"},
		{assay.NPM, 1097678, "GHSA-xvch-5gv4-984h", "minimist", "prototype pollution", below(assay.NPM, "1.2.6"), "<1.2.6"},
		{assay.NPM, 1000001, "GHSA-good-spot-0001", "spotted-granite", "a hole made for tests", below(assay.NPM, "9.0.0"), "<9.0.0"},
		{assay.PyPI, 1100001, "PYSEC-2018-28", "requests", "credentials sent along with a redirect", below(assay.PyPI, "2.20.0"), "<2.20.0"},
	}
}
