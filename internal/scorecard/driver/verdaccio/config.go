package verdaccio

import (
	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
)

// settings are what a throw-away instance changes.
type settings struct {
	listen  string // host:port
	storage string // folder
	uplink  string // address of our upstream
}

// configure changes the default configuration that Verdaccio brings along,
// and nothing in it but the settings.
func configure(standard []byte, s settings) ([]byte, error) {
	var config map[string]any
	if err := yaml.Unmarshal(standard, &config); err != nil {
		return nil, assay.Wrap(assay.Unsound, err, "the default configuration of Verdaccio cannot be read")
	}
	uplinks, ok := config["uplinks"].(map[string]any)
	if !ok || len(uplinks) == 0 {
		return nil, assay.Errorf(assay.Unsound, "the default configuration of Verdaccio has no uplinks: is it another version?")
	}
	for name, raw := range uplinks {
		uplink, ok := raw.(map[string]any)
		if !ok || uplink["url"] == nil {
			return nil, assay.Errorf(assay.Unsound, "the uplink %q in the default configuration of Verdaccio has no address: is it another version?", name)
		}
		// Every one of them: a public registry must never be asked.
		uplink["url"] = s.uplink
	}
	log, ok := config["log"].(map[string]any)
	if !ok {
		return nil, assay.Errorf(assay.Unsound, "the default configuration of Verdaccio has no log: is it another version?")
	}
	log["level"] = "warn"
	config["listen"], config["storage"] = s.listen, s.storage
	// Its audit has the address of the public npm registry built in. Through
	// our upstream, which is no proxy, it cannot be reached: what a trial asks
	// here would otherwise depend on somebody else's machine.
	config["https_proxy"] = s.uplink
	text, err := yaml.Marshal(config)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the configuration of Verdaccio cannot be written")
	}
	return text, nil
}
