package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"assay.invalid/internal/assay"
)

// metrics count requests. The labels are closed sets, so that no request can
// make a new series; the series are found at start, so that a request costs
// a few additions.
type metrics struct {
	routes map[string]*routeMetrics
	handle http.Handler
}

// routeMetrics are the series of one place, or of one kind of page.
type routeMetrics struct {
	requests [len(methodClasses)][len(statusClasses)]prometheus.Counter
	duration prometheus.Observer
	inFlight prometheus.Gauge
	bytes    prometheus.Counter
}

var methodClasses = [...]string{"read", "write", "other"}

var statusClasses = [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}

func newMetrics(registerer prometheus.Registerer, gatherer prometheus.Gatherer, routes []string) (*metrics, error) {
	if registerer == nil {
		own := prometheus.NewRegistry()
		registerer, gatherer = own, own
	}
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "assay_http_requests_total",
		Help: "Requests answered.",
	}, []string{"place", "method", "status"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "assay_http_request_duration_seconds",
		Help:    "Time from a request's header to the end of its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"place"})
	inFlight := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "assay_http_requests_in_flight",
		Help: "Requests being answered now.",
	}, []string{"place"})
	bytes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "assay_http_response_bytes_total",
		Help: "Bytes of answers' bodies, as sent.",
	}, []string{"place"})
	for _, c := range []prometheus.Collector{requests, duration, inFlight, bytes} {
		if err := registerer.Register(c); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the metrics of requests cannot be registered")
		}
	}
	m := &metrics{
		routes: make(map[string]*routeMetrics, len(routes)),
		handle: promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}),
	}
	for _, route := range routes {
		r := &routeMetrics{
			duration: duration.WithLabelValues(route),
			inFlight: inFlight.WithLabelValues(route),
			bytes:    bytes.WithLabelValues(route),
		}
		for i, method := range methodClasses {
			for j, status := range statusClasses {
				r.requests[i][j] = requests.WithLabelValues(route, method, status)
			}
		}
		m.routes[route] = r
	}
	return m, nil
}

// count adds one finished request.
func (m *routeMetrics) count(method string, status int, size int64, seconds float64) {
	class := min(max(status/100-1, 0), len(statusClasses)-1)
	m.requests[methodClass(method)][class].Inc()
	m.duration.Observe(seconds)
	m.bytes.Add(float64(size))
}

func methodClass(method string) int {
	switch method {
	case http.MethodGet, http.MethodHead:
		return 0
	case http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodPatch:
		return 1
	}
	return 2
}
