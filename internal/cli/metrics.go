package cli

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/registry"
	"assay.invalid/internal/upstream"
)

// newMetrics makes the registry of a server's metrics, with those of the
// rooms that know nothing of Prometheus.
func newMetrics(h *house) (*prometheus.Registry, error) {
	numbers := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newRegistryMetrics(h.registry.Stats()),
		&upstreamMetrics{client: h.client},
	} {
		if err := numbers.Register(c); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the metrics cannot be registered")
		}
	}
	return numbers, nil
}

// registryMetrics reads the registry's counters when they are asked for.
type registryMetrics struct {
	counters []prometheus.CounterFunc
}

func newRegistryMetrics(s *registry.Stats) *registryMetrics {
	m := &registryMetrics{}
	for _, c := range []struct {
		name, help string
		read       func() int64
	}{
		{"assay_upstream_requests_total", "Requests sent to upstreams.", s.UpstreamRequests.Load},
		{"assay_listings_warm_total", "Listings answered as they had been rendered.", s.ListingsWarm.Load},
		{"assay_listings_rendered_total", "Listings rendered anew.", s.ListingsRendered.Load},
		{"assay_files_warm_total", "Files answered from what is stored.", s.FilesWarm.Load},
		{"assay_files_fetched_total", "Files fetched from upstreams.", s.FilesFetched.Load},
		{"assay_answers_stale_total", "Answers given although the upstream could not be asked.", s.Stale.Load},
		{"assay_answers_cut_total", "Answers under way that a change of policy cut.", s.Cut.Load},
		{"assay_files_evicted_total", "Files whose bytes made room for others.", s.Evicted.Load},
	} {
		m.counters = append(m.counters, prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: c.name, Help: c.help}, func() float64 { return float64(c.read()) }))
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *registryMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, c := range m.counters {
		c.Describe(out)
	}
}

// Collect implements prometheus.Collector.
func (m *registryMetrics) Collect(out chan<- prometheus.Metric) {
	for _, c := range m.counters {
		c.Collect(out)
	}
}

// upstreamMetrics tells of the circuit breaker of each upstream address. The
// addresses are the operator's own, so there are few.
type upstreamMetrics struct {
	client *upstream.Client
}

func upstreamDesc() *prometheus.Desc {
	return prometheus.NewDesc("assay_upstream_failures", "Failures in a row of an upstream address.", []string{"address", "state"}, nil)
}

// Describe implements prometheus.Collector.
func (m *upstreamMetrics) Describe(out chan<- *prometheus.Desc) { out <- upstreamDesc() }

// Collect implements prometheus.Collector.
func (m *upstreamMetrics) Collect(out chan<- prometheus.Metric) {
	desc := upstreamDesc()
	for _, h := range m.client.Health() {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(h.Failures), h.Address, string(h.State))
	}
}
