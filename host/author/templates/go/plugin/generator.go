// Package plugin makes a ConfigMap of the file `settings.json`.
package plugin

import (
	"encoding/json"
	"sort"

	"wit_component/oarlock"
)

// Descriptor is what the plugin says of itself.
var Descriptor = oarlock.Descriptor{
	Name:    "{{name}}",
	Version: "0.1.0",
	Stage:   oarlock.Generator,
	Summary: "Makes a ConfigMap of settings.json",
	ConfigSchema: `{
		"type": "object",
		"properties": {
			"name": {"type": "string", "description": "The name of the ConfigMap.", "default": "settings"}
		},
		"additionalProperties": false
	}`,
}

type config struct {
	Name string `json:"name"`
}

func fileOf(directory string) string {
	if directory == "." {
		return "settings.json"
	}
	return directory + "/settings.json"
}

// Detect says whether a directory is one that this plugin renders.
func Detect(directory string) (bool, error) { return oarlock.Exists(fileOf(directory)) }

// Render makes the manifests of a directory.
func Render(request oarlock.Request) ([]*oarlock.Manifest, error) {
	config := config{Name: "settings"}
	if err := json.Unmarshal(request.Config, &config); err != nil {
		return nil, oarlock.Failf("%s", err).At(oarlock.InConfig("name"))
	}
	path := fileOf(request.Directory)
	text, found, err := oarlock.Read(path)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, oarlock.Failf("there is no such file").At(oarlock.File(path))
	}
	var data map[string]any
	if err := json.Unmarshal(text, &data); err != nil {
		return nil, oarlock.Failf("not a JSON object: %s", err).At(oarlock.File(path))
	}
	var wrong oarlock.Failures
	for key, value := range data {
		if _, isText := value.(string); !isText {
			wrong = append(wrong, oarlock.Failf("`%s` is not text", key).
				At(oarlock.File(path)).WithHint("put it in quotes"))
		}
	}
	if len(wrong) > 0 {
		sort.Slice(wrong, func(a, b int) bool { return wrong[a].Message < wrong[b].Message })
		return nil, wrong
	}
	object := map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata":   map[string]any{"name": config.Name},
		"data":       data,
	}
	return []*oarlock.Manifest{oarlock.NewManifest(object, oarlock.File(path))}, nil
}
