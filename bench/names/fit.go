package main

import (
	"math"

	"assay.invalid/internal/insight/names"
)

// example is one likeness of a labelled name, and how much it counts.
type example struct {
	x      names.Evidence
	label  float64
	weight float64
}

// linear is a logistic model: its score is that of internal/insight/names
// when its numbers stand there.
type linear struct {
	bias    float64
	weights names.Evidence
}

func (m *linear) score(x *names.Evidence) float64 {
	z := m.bias
	for i, v := range x {
		z += m.weights[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// unknowns are the weights and the bias.
const unknowns = len(names.Evidence{}) + 1

// fit finds the weights that make the examples most likely, held back by a
// ridge: iteratively reweighted least squares.
func fit(examples []example, ridge float64) linear {
	const n = unknowns
	var w [n]float64
	for range 30 {
		var gradient [n]float64
		var hessian [n][n]float64
		for i := range examples {
			e := &examples[i]
			z := w[n-1]
			for j, v := range e.x {
				z += w[j] * v
			}
			p := 1 / (1 + math.Exp(-z))
			slope, curve := e.weight*(e.label-p), e.weight*p*(1-p)
			var x [n]float64
			copy(x[:], e.x[:])
			x[n-1] = 1
			for j := range n {
				if x[j] == 0 {
					continue
				}
				gradient[j] += slope * x[j]
				for k := range n {
					hessian[j][k] += curve * x[j] * x[k]
				}
			}
		}
		for j := range n {
			hold := ridge
			if j == n-1 {
				hold = 1e-6
			}
			gradient[j] -= hold * w[j]
			hessian[j][j] += hold
		}
		step, most := solve(hessian, gradient), 0.0
		for j := range n {
			w[j] += step[j]
			most = max(most, math.Abs(step[j]))
		}
		if most < 1e-6 {
			break
		}
	}
	m := linear{bias: w[n-1]}
	copy(m.weights[:], w[:n-1])
	return m
}

// solve solves a symmetric positive definite system by elimination.
func solve(a [unknowns][unknowns]float64, b [unknowns]float64) [unknowns]float64 {
	for i := range unknowns {
		for j := i + 1; j < unknowns; j++ {
			f := a[j][i] / a[i][i]
			if f == 0 {
				continue
			}
			for k := i; k < unknowns; k++ {
				a[j][k] -= f * a[i][k]
			}
			b[j] -= f * b[i]
		}
	}
	for i := unknowns - 1; i >= 0; i-- {
		for k := i + 1; k < unknowns; k++ {
			b[i] -= a[i][k] * b[k]
		}
		b[i] /= a[i][i]
	}
	return b
}
