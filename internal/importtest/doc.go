// Package importtest holds only tests: which room of the house may import
// which, which outside modules may be used and where, and that no address of
// a public package registry stands in the tree. Each rule has its reason
// beside it; whoever changes a rule changes the reason too.
package importtest
