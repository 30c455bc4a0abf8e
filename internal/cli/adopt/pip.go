package adopt

import (
	"context"
	"regexp"
	"strings"

	"assay.invalid/internal/assay"
)

// Pip asks pip for its index. Its help names the one that it would use
// (https://pip.pypa.io/en/stable/cli/pip_install/): what the user's and the
// machine's configuration say, or PIP_INDEX_URL, else the one that pip was
// made with. So one question does for both, and none is needed where
// PIP_INDEX_URL is set, which goes before all configuration. pip reads no
// settings of projects.
func Pip(ctx context.Context, cfg Config) Finding {
	f := Finding{Client: "pip", Source: "pip install --help"}
	program := "pip"
	if _, err := cfg.find(program); assay.Is(err, assay.NotFound) {
		if _, other := cfg.find("pip3"); other != nil {
			f.Err = err
			return f
		}
		program = "pip3" // all that some systems have
	}
	if index := strings.TrimSpace(variable(cfg.Env, "PIP_INDEX_URL")); index != "" {
		f.Source = "PIP_INDEX_URL"
		f.take(ctx, cfg.Self, index)
		return f
	}
	// Wide enough that no address is broken into two lines. An old pip says
	// on every call that there is a newer one, and asks the network first.
	out, err := cfg.run(ctx, question{
		program: program, args: []string{"install", "--help"}, root: true,
		set: map[string]string{"COLUMNS": "20000", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_NO_COLOR": "1"},
	})
	if err != nil {
		f.Err = err
		return f
	}
	index, err := parsePipHelp(out)
	if err != nil {
		f.Err = err
		return f
	}
	f.take(ctx, cfg.Self, index)
	return f
}

// pipDefault is how the help names an option's value.
var pipDefault = regexp.MustCompile(`\(default:? ([^\s()]+)\)`)

// parsePipHelp finds the index in the help of "pip install". Only the
// paragraph of the option --index-url is looked at: others have defaults too.
func parsePipHelp(out []byte) (string, error) {
	inside := false
	var paragraph strings.Builder
	for line := range strings.Lines(string(out)) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "-") {
			option, _, _ := strings.Cut(text, "  ")
			inside = strings.Contains(" "+option+" ", " --index-url ")
		}
		if inside {
			paragraph.WriteString(text + " ")
		}
	}
	match := pipDefault.FindStringSubmatch(paragraph.String())
	if match == nil {
		return "", assay.Errorf(assay.Unsound, "pip's help names no index: set the upstream by hand")
	}
	return match[1], nil
}
