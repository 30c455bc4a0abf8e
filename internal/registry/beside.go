package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// maxBeside bounds the hosts that are kept of one origin.
const maxBeside = 4

// besideSetting is where the neighbours of an origin are kept.
func (pl *Place) besideSetting(origin string) string { return "beside/" + pl.name + "/" + origin }

// withBeside is the origin as it is asked for a file at an absolute address.
// Where that lies at another host, the hosts at which the origin keeps its
// files are known from the one document that tells, since it was first needed:
// a host that a package's own document names later gets no such trust.
func (pl *Place) withBeside(ctx context.Context, origin store.Origin, address string) (upstream.Origin, error) {
	at := pl.upstreamOrigin(origin)
	format, ok := pl.format.(ecosystem.Neighbourly)
	if !ok || address == "" || sameHost(origin, address) {
		return at, nil
	}
	kept, err := pl.keptBeside(ctx, origin.Address)
	if err != nil {
		return at, err
	}
	if kept == nil {
		if kept, err = pl.learnBeside(ctx, format, origin); err != nil {
			pl.s.log.Warn("where an upstream keeps its files is not known: only public hosts are asked", "registry", pl.name, "error", err.Error())
			return at, nil
		}
	}
	at.Beside = kept
	return at, nil
}

func sameHost(origin store.Origin, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return true // a reference, or nothing that can be asked
	}
	return slices.ContainsFunc(append([]string{origin.Address}, origin.Mirrors...), func(own string) bool {
		o, err := url.Parse(own)
		return err == nil && strings.EqualFold(hostAndPort(o), hostAndPort(u))
	})
}

// hostAndPort writes out the port that the scheme implies: some documents do,
// and it is no other host for that.
func hostAndPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// keptBeside returns what is kept, nil if nothing was learned yet.
func (pl *Place) keptBeside(ctx context.Context, origin string) ([]string, error) {
	var text []byte
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		text, err = tx.Setting(ctx, pl.besideSetting(origin))
		return err
	})
	if assay.Is(err, assay.NotFound) {
		return nil, nil
	}
	hosts := []string{}
	if err == nil {
		err = json.Unmarshal(text, &hosts)
	}
	return hosts, err
}

// learnBeside asks the document that tells, and keeps what it says.
func (pl *Place) learnBeside(ctx context.Context, format ecosystem.Neighbourly, origin store.Origin) ([]string, error) {
	src := format.Tells()
	body, err := pl.fetchSmall(ctx, origin, src, pl.s.lim.Document)
	if err != nil {
		return nil, err
	}
	found, err := format.Neighbours(ecosystem.Document{Source: src, Content: bytes.NewReader(body), Size: int64(len(body))})
	if err != nil {
		return nil, err
	}
	hosts := []string{}
	for _, address := range found {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || sameHost(origin, address) {
			continue
		}
		if host := u.Scheme + "://" + u.Host + "/"; !slices.Contains(hosts, host) && len(hosts) < maxBeside {
			hosts = append(hosts, host)
		}
	}
	text, err := json.Marshal(hosts)
	if err != nil {
		return nil, err
	}
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(ctx, pl.besideSetting(origin.Address), text) })
	if err != nil {
		return nil, err
	}
	if len(hosts) == 0 {
		return hosts, nil
	}
	pl.s.log.Info("an upstream keeps its files at other hosts", "registry", pl.name, "origin", origin.Address, "hosts", strings.Join(hosts, " "))
	return hosts, nil
}

// Beside returns the hosts at which an origin is known to keep its files, for
// whoever wants to see them.
func (s *Service) Beside(ctx context.Context, registry, origin string) ([]string, error) {
	pl, ok := s.places[registry]
	if !ok {
		return nil, nil
	}
	return pl.keptBeside(ctx, origin)
}
