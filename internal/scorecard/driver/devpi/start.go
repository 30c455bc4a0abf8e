package devpi

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/driver/upstream"
	"assay.invalid/internal/scorecard/protocol/pypi"
	"assay.invalid/internal/scorecard/run"
)

// Version is the devpi-server that is started.
const Version = "6.20.3"

func software() peer.Python {
	return peer.Python{Name: "devpi-server", Distribution: "devpi-server", Version: Version}
}

// waking is how long it may take until it answers: it derives its key from a
// new secret first, on purpose slowly, and a busy machine makes it slower.
const waking = 90 * time.Second

// expiry is how long the mirror believes what our upstream told it.
const expiry = time.Second

// instance is a devpi-server that runs.
type instance struct {
	peer.Peer
	root string // its root's address, ending in a slash
}

var (
	_ scorecard.Instance = (*instance)(nil)
	_ driver.Paced       = (*instance)(nil)
)

// Pace implements driver.Paced. It writes one change after the other, and what
// new people are asked for is hashed on purpose slowly: many at once would
// only wait for each other until their time is up.
func (i *instance) Pace() run.Limits {
	l := run.Safe()
	l.Parallel, l.Check, l.CleanUp = 2, time.Minute, 20*time.Second
	return l
}

// Start starts an instance. Close ends it and removes all that it wrote but
// the cache.
func Start(ctx context.Context, m driver.Machine, o driver.Options) (scorecard.Instance, error) {
	i := &instance{Peer: peer.Peer{Machine: m, Options: o.Filled(), Ecosystem: assay.PyPI, Name: "devpi-server", Version: Version}}
	if err := i.start(ctx); err != nil {
		i.Abandon(ctx)
		return nil, err
	}
	return i, nil
}

func (i *instance) start(ctx context.Context) error {
	if err := i.Wanted(); err != nil {
		return err
	}
	program, err := software().Install(ctx, i.Machine, i.Options)
	if err != nil {
		return err
	}
	if err := i.Prepare(); err != nil {
		return err
	}
	if err := i.Supply(ctx, pypi.New(), 1); err != nil {
		return err
	}
	password, err := peer.Password()
	if err != nil {
		return err
	}
	i.Keep(password)
	i.Options.Limits.Ready = max(i.Options.Limits.Ready, waking)
	if err := i.serve(ctx, program, password); err != nil {
		return err
	}
	return i.furnish(ctx, scorecard.Credential{Who: "root", Secret: "root:" + password})
}

// settings are what a throw-away instance changes, in the form of its
// configuration file: on a command line others could read the password.
type settings struct {
	Server struct {
		Folder   string `yaml:"serverdir"`
		Host     string `yaml:"host"`
		Port     string `yaml:"port"`
		Password string `yaml:"root-passwd"`
		// NoMirror leaves out root/pypi, which has the public index's address
		// built in.
		NoMirror bool `yaml:"no-root-pypi"`
	} `yaml:"devpi-server"`
}

func configure(address, folder, password string) ([]byte, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "%s is no host and port", address)
	}
	var s settings
	s.Server.Folder, s.Server.Host, s.Server.Port = filepath.Join(folder, "data"), host, port
	s.Server.Password, s.Server.NoMirror = password, true
	text, err := yaml.Marshal(s)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the configuration of devpi-server cannot be written")
	}
	return text, nil
}

func (i *instance) serve(ctx context.Context, program, password string) error {
	made := false
	var err error
	i.root, err = i.Serve(ctx, peer.Service{Ready: "+api", Taken: "Address already in use", Command: func(address string) (driver.Command, error) {
		text, err := configure(address, i.Folder, password)
		if err != nil {
			return driver.Command{}, err
		}
		config, err := i.Write("devpi.yml", text)
		if err != nil {
			return driver.Command{}, err
		}
		if !made {
			limited, cancel := context.WithTimeout(ctx, i.Options.Limits.Command)
			defer cancel()
			init := peer.Python{}.Run(program, i.Folder, "-c", "from devpi_server.init import init; init()", "--configfile", config)
			if _, err := i.Machine.Run(limited, init); err != nil {
				return driver.Command{}, err
			}
			made = true
		}
		return peer.Python{}.Run(program, i.Folder, "-m", "devpi_server", "--configfile", config), nil
	}})
	return err
}

// furnish makes the two people, the mirror of our upstream and the index.
func (i *instance) furnish(ctx context.Context, root scorecard.Credential) error {
	a := open(i.root, i.Visit())
	if err := i.admit(ctx, a); err != nil {
		return err
	}
	publisher, _ := parted(i.PublisherCredential)
	stranger, _ := parted(i.StrangerCredential)
	mirror := map[string]any{
		"type": "mirror", "volatile": false, "mirror_url": i.Repository.Addresses()[0] + "simple/", "mirror_cache_expiry": int(expiry / time.Second),
	}
	if answer := a.put(ctx, root, "root/pypi", mirror); answer.Verdict != scorecard.Accepted {
		return assay.Errorf(assay.Unavailable, "the mirror could not be made at devpi-server: %s", answer)
	}
	index := map[string]any{"type": "stage", "bases": []string{"root/pypi"}, "acl_upload": []string{publisher, stranger}}
	if answer := a.put(ctx, i.PublisherCredential, publisher+"/dev", index); answer.Verdict != scorecard.Accepted {
		return assay.Errorf(assay.Unavailable, "the index could not be made at devpi-server: %s", answer)
	}
	i.Base = fmt.Sprintf("%s%s/dev/+simple/", i.root, publisher)
	return nil
}

// admit signs the two parties up and logs them in, as their client does: a
// password is hashed anew, and on purpose slowly, for every request that
// carries one.
func (i *instance) admit(ctx context.Context, a *acts) error {
	for _, p := range []struct {
		who string
		to  *scorecard.Credential
	}{{"publisher", &i.PublisherCredential}, {"stranger", &i.StrangerCredential}} {
		password, err := peer.Password()
		if err != nil {
			return err
		}
		person := scorecard.Person{Name: p.who, Password: password, Mail: p.who + "@mail.example"}
		if _, answer := a.SignUp(ctx, person); answer.Verdict != scorecard.Accepted {
			return assay.Errorf(assay.Unavailable, "the %s could not sign up at devpi-server: %s", p.who, answer)
		}
		c, answer := a.LogIn(ctx, person)
		if answer.Verdict != scorecard.Accepted {
			return assay.Errorf(assay.Unavailable, "the %s could not log in at devpi-server: %s", p.who, answer)
		}
		*p.to = scorecard.Credential{Who: p.who, Secret: c.Secret}
		i.Keep(password, c.Secret)
	}
	return nil
}

// For implements scorecard.Instance.
func (i *instance) For(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	if e != i.Ecosystem {
		return scorecard.NoActs{}
	}
	publisher, _ := parted(i.PublisherCredential)
	a := open(i.root, v)
	a.index = publisher + "/dev/"
	return a
}

// Upstream implements scorecard.Instance.
func (i *instance) Upstream(e assay.Ecosystem) scorecard.Upstream {
	if e != i.Ecosystem || i.Repository == nil {
		return nil
	}
	return awaited{i.Repository}
}

// awaited is an upstream whose offers are made when the mirror has forgotten
// that they were not there: else a trial would see a cache at work and take it
// for a no.
type awaited struct{ *upstream.Repository }

// Offer implements scorecard.Upstream.
func (a awaited) Offer(r scorecard.Release, published time.Time) error {
	if err := a.Repository.Offer(r, published); err != nil {
		return err
	}
	time.Sleep(expiry + expiry/5)
	return nil
}
