// Package plugin writes the label `team` into every manifest.
package plugin

import (
	"encoding/json"
	"regexp"

	"wit_component/oarlock"
)

// Descriptor is what the plugin says of itself.
var Descriptor = oarlock.Descriptor{
	Name:    "{{name}}",
	Version: "0.1.0",
	Stage:   oarlock.Transformer,
	Summary: "Writes the owning team into every manifest",
	ConfigSchema: `{
		"type": "object",
		"properties": {"team": {"type": "string", "description": "The team that owns the manifests."}},
		"required": ["team"],
		"additionalProperties": false
	}`,
}

type config struct {
	Team string `json:"team"`
}

var labelValue = regexp.MustCompile(`^[A-Za-z0-9._-]{1,63}$`)

// Detect is for generators.
func Detect(string) (bool, error) { return false, nil }

// Render maps the manifests so far to those that go on.
func Render(request oarlock.Request) ([]*oarlock.Manifest, error) {
	var config config
	if err := json.Unmarshal(request.Config, &config); err != nil {
		return nil, oarlock.Failf("%s", err).At(oarlock.InConfig("team"))
	}
	if !labelValue.MatchString(config.Team) {
		return nil, oarlock.Failf("`%s` cannot be the value of a label", config.Team).
			At(oarlock.InConfig("team")).
			WithHint("use at most 63 letters, digits, `-`, `_` and `.`")
	}
	for _, manifest := range request.Manifests {
		field(field(manifest.Object(), "metadata"), "labels")["team"] = config.Team
	}
	return request.Manifests, nil
}

// field is a field that is an object, made if there is none.
func field(object map[string]any, name string) map[string]any {
	if found, ok := object[name].(map[string]any); ok {
		return found
	}
	made := map[string]any{}
	object[name] = made
	return made
}
