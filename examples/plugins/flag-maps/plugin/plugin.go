// Package plugin makes ConfigMaps of a table of feature flags, `flags.csv`: a row for each flag, a
// column for each environment.
//
//	app,flag,dev,prod
//	web,new-cart,on,off
//	api,rate-limit,1000,200
package plugin

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"wit_component/oarlock"
)

// Descriptor is what the plugin says of itself.
var Descriptor = oarlock.Descriptor{
	Name:    "flag-maps",
	Version: "0.1.0",
	Stage:   oarlock.Generator,
	Summary: "Makes a ConfigMap of flags for each application of flags.csv",
	ConfigSchema: `{
		"type": "object",
		"properties": {
			"environment": {"type": "string", "description": "The column with the values."},
			"suffix": {"type": "string", "description": "Ends the names of ConfigMaps.", "default": "-flags"}
		},
		"required": ["environment"],
		"additionalProperties": false
	}`,
}

type config struct {
	Environment string `json:"environment"`
	Suffix      string `json:"suffix"`
}

// keyColumns are the columns before the environments.
var keyColumns = []string{"app", "flag"}

// flagName is what the key of a ConfigMap can be.
var flagName = regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`)

func fileOf(directory string) string {
	if directory == "." {
		return "flags.csv"
	}
	return directory + "/flags.csv"
}

// Detect says whether a directory is one that this plugin renders.
func Detect(directory string) (bool, error) { return oarlock.Exists(fileOf(directory)) }

// Render makes the manifests of a directory.
func Render(request oarlock.Request) ([]*oarlock.Manifest, error) {
	config := config{Suffix: "-flags"}
	if err := json.Unmarshal(request.Config, &config); err != nil {
		return nil, oarlock.Failf("%s", err).At(oarlock.InConfig("environment"))
	}
	path := fileOf(request.Directory)
	text, found, err := oarlock.Read(path)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, oarlock.Failf("there is no such file").At(oarlock.File(path))
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comment = '#'
	header, err := rows.Read()
	if err != nil || len(header) < len(keyColumns) || !slices.Equal(header[:len(keyColumns)], keyColumns) {
		return nil, oarlock.Failf("the first columns are not `app` and `flag`").At(oarlock.Line(path, 1))
	}
	column := slices.Index(header, config.Environment)
	if column < len(keyColumns) {
		return nil, oarlock.Failf("`%s` has no column `%s`", path, config.Environment).
			At(oarlock.InConfig("environment")).
			WithHint("columns: `" + strings.Join(header[len(keyColumns):], "`, `") + "`")
	}
	return maps(rows, path, column, config.Suffix)
}

// maps makes a ConfigMap for each application, in the order of the file.
func maps(rows *csv.Reader, path string, column int, suffix string) ([]*oarlock.Manifest, error) {
	var manifests []*oarlock.Manifest
	var failures oarlock.Failures
	data := map[string]map[string]any{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var malformed *csv.ParseError
		if errors.As(err, &malformed) {
			failure := oarlock.Failf("%s", malformed.Err).At(oarlock.Line(path, malformed.Line))
			failures = append(failures, failure)
			if errors.Is(err, csv.ErrFieldCount) {
				continue
			}
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		app, flag := row[0], row[1]
		if data[app] == nil {
			data[app] = map[string]any{}
			object := map[string]any{
				"apiVersion": "v1",
				"kind":       "ConfigMap",
				"metadata":   map[string]any{"name": app + suffix},
				"data":       data[app],
			}
			manifests = append(manifests, oarlock.NewManifest(object, oarlock.Line(path, line)))
		}
		if _, isTwice := data[app][flag]; isTwice || !flagName.MatchString(flag) {
			reason := "cannot be the name of a flag"
			if isTwice {
				reason = "is there twice"
			}
			failures = append(failures, oarlock.Failf("`%s` %s", flag, reason).At(oarlock.Line(path, line)))
		}
		data[app][flag] = row[column]
	}
	if len(failures) > 0 {
		return nil, failures
	}
	return manifests, nil
}
