package api

import "time"

// Status is what a running server says of itself.
type Status struct {
	// Instance is the random name of the data directory, which outgoing
	// requests carry so that Assay never becomes its own upstream.
	Instance string `json:"instance"`
	// Base is the address that clients use, ending in a slash.
	Base    string    `json:"base"`
	Started time.Time `json:"started"`
	// Ready is what /readyz answers; NotReady says why it is not.
	Ready    bool   `json:"ready"`
	NotReady string `json:"not_ready,omitempty"`
	// Places are the registries served, sorted.
	Places []string `json:"places"`
}
