// Package triage says where help is worth most: of all capabilities that are
// missing at many repositories, which would prevent most harm for the least
// effort.
//
// It owns the weights (weights.yaml, which people are meant to edit and argue
// with), the formula, and the forms in which its rows are shown. The formula
// is one line, and every row carries each of its numbers:
//
//	worth = missing × reach × incidents ÷ effort
//
// missing is how much of the capability is not there, by its state. reach is
// how many people or packages a repository stands for, as a source says.
// incidents are those that the catalogue names as prevented or shortened by
// the capability. effort is in weeks, from the repository's own plan, else
// from the catalogue.
//
// It promises to be pure: the same subjects and weights give the same rows in
// the same order. What is not known is never counted as zero and never as
// one: rows of repositories whose reach nobody states stand apart, and so do
// capabilities of which nobody knows whether they are missing.
//
// It never ranks repositories, and never adds rows up: a row compares a piece
// of work with other pieces of work, and its worth has no unit.
package triage
