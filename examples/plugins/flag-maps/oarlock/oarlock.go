// Package oarlock is what a plugin may ask of the host, in the ways of Go. You need not change it.
package oarlock

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	wit "go.bytecodealliance.org/pkg/wit/types"

	"wit_component/oarlock_plugin_compose"
	"wit_component/oarlock_plugin_report"
	"wit_component/oarlock_plugin_source"
	types "wit_component/oarlock_plugin_types"
)

// Stage is when a plugin runs.
type Stage int

// A generator makes manifests from a directory, a transformer maps those that it is given.
const (
	Generator Stage = iota
	Transformer
)

// Descriptor is what a plugin says of itself.
type Descriptor struct {
	Name, Version string
	Stage         Stage
	// Summary is one sentence for listings.
	Summary string
	// ConfigSchema is the JSON schema of the configuration.
	ConfigSchema string
}

// Origin is where something is written, if that is known.
type Origin = wit.Option[types.Origin]

// Manifest is a Kubernetes object, and where it is written.
//
// A received manifest is parsed when its Object is first asked for. If it never is, the manifest is
// passed on as it came: test JSON first, as strings.Contains(manifest.JSON(), `"Deployment"`), where
// most manifests don't concern you.
type Manifest struct {
	Origin Origin
	json   string
	object map[string]any
}

// NewManifest is a manifest that the plugin makes.
func NewManifest(object map[string]any, origin Origin) *Manifest {
	return &Manifest{Origin: origin, object: object}
}

// Received is a manifest of the contract.
func Received(manifest types.Manifest) *Manifest {
	return &Manifest{Origin: manifest.Origin, json: manifest.Json}
}

// JSON is the text of a received manifest.
func (manifest *Manifest) JSON() string { return manifest.json }

// Object is the object, to be read and changed.
func (manifest *Manifest) Object() map[string]any {
	if manifest.object == nil {
		decoder := json.NewDecoder(strings.NewReader(manifest.json))
		// Numbers stay as they are written.
		decoder.UseNumber()
		if err := decoder.Decode(&manifest.object); err != nil {
			panic(err)
		}
	}
	return manifest.object
}

// Wire is the manifest as the contract has it.
func (manifest *Manifest) Wire() (types.Manifest, error) {
	if manifest.object == nil {
		return types.Manifest{Json: manifest.json, Origin: manifest.Origin}, nil
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(manifest.object)
	return types.Manifest{Json: text.String(), Origin: manifest.Origin}, err
}

// Request is what the plugin is asked to render.
type Request struct {
	Directory string
	// Config is the configuration as JSON.
	Config    []byte
	Manifests []*Manifest
	// Application is what is known about the Argo CD Application.
	Application types.Application
}

// Failure is a reason why the plugin cannot do its work, for the person who has to fix it.
type Failure struct {
	// Message says what is wrong: lower case, no full stop, names in backticks.
	Message string
	// Hint says how to fix it.
	Hint   string
	Origin Origin
	Notes  []string
}

// Failures are several of them, so that one run shows all mistakes.
type Failures []*Failure

// Failf makes a failure of a format, as fmt.Errorf.
func Failf(format string, arguments ...any) *Failure {
	return &Failure{Message: fmt.Sprintf(format, arguments...), Origin: wit.None[types.Origin]()}
}

// At says where it is wrong.
func (failure *Failure) At(origin Origin) *Failure {
	failure.Origin = origin
	return failure
}

// WithHint says how to fix it.
func (failure *Failure) WithHint(hint string) *Failure {
	failure.Hint = hint
	return failure
}

func (failure *Failure) Error() string { return failure.Message }

func (failures Failures) Error() string {
	messages := make([]string, len(failures))
	for index, failure := range failures {
		messages[index] = failure.Message
	}
	return strings.Join(messages, "; ")
}

// Wire is the failure as the contract has it.
func (failure *Failure) Wire() types.Failure {
	hint := wit.None[string]()
	if failure.Hint != "" {
		hint = wit.Some(failure.Hint)
	}
	return types.Failure{Message: failure.Message, Hint: hint, Origin: failure.Origin, Notes: failure.Notes}
}

// Compose lets another plugin render, in its own sandbox over the same tree.
func Compose(plugin string, request Request) ([]*Manifest, error) {
	asked := types.Request{
		Directory:   request.Directory,
		Application: request.Application,
		Config:      string(request.Config),
		Manifests:   make([]types.Manifest, len(request.Manifests)),
	}
	for index, manifest := range request.Manifests {
		var err error
		if asked.Manifests[index], err = manifest.Wire(); err != nil {
			return nil, err
		}
	}
	answer := oarlock_plugin_compose.Render(plugin, asked)
	if answer.IsErr() {
		var failures Failures
		for _, reason := range answer.Err() {
			failures = append(failures, &Failure{
				Message: reason.Message,
				Hint:    reason.Hint.SomeOr(""),
				Origin:  reason.Origin,
				Notes:   reason.Notes,
			})
		}
		return nil, failures
	}
	manifests := make([]*Manifest, len(answer.Ok()))
	for index, manifest := range answer.Ok() {
		manifests[index] = Received(manifest)
	}
	return manifests, nil
}

// File is a file as an origin.
func File(path string) Origin { return wit.Some(types.Origin{Path: path}) }

// Line is a line of a file as an origin, from 1.
func Line(path string, line int) Origin {
	return wit.Some(types.Origin{Path: path, Line: uint32(line)})
}

// InConfig is a field of the plugin's configuration as an origin, as InConfig("rules", "0").
func InConfig(keys ...string) Origin {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	path := ""
	for _, key := range keys {
		path += "/" + escape.Replace(key)
	}
	return wit.Some(types.Origin{Path: path})
}

// Read is the content of a file of the repository, and whether it is there.
func Read(path string) (content []byte, found bool, err error) {
	answer := oarlock_plugin_source.Read(path)
	if answer.IsErr() {
		return nil, false, refused(path, answer.Err())
	}
	return answer.Ok(), true, nil
}

// Exists says whether there is a file or directory.
func Exists(path string) (bool, error) {
	answer := oarlock_plugin_source.Stat(path)
	if answer.IsErr() {
		return false, refused(path, answer.Err())
	}
	return true, nil
}

// List is the names in a directory, sorted; none if it is not there.
func List(path string) ([]string, error) {
	answer := oarlock_plugin_source.List(path)
	if answer.IsErr() {
		return nil, refused(path, answer.Err())
	}
	var names []string
	for _, entry := range answer.Ok() {
		names = append(names, entry.Name)
	}
	sort.Strings(names)
	return names, nil
}

// refused is why a read gave nothing, where that is more than that nothing is there.
func refused(path string, reason oarlock_plugin_source.ReadError) error {
	switch reason.Tag() {
	case oarlock_plugin_source.ReadError_NotFound:
		return nil
	case oarlock_plugin_source.ReadError_WrongKind:
		if reason.WrongKind() == oarlock_plugin_source.Kind_File {
			return Failf("`%s` is a file", path)
		}
		return Failf("`%s` is a directory", path)
	case oarlock_plugin_source.ReadError_Refused:
		return Failf("%s", reason.Refused())
	default:
		return Failf("%s", reason.Failed())
	}
}

// Warn tells the user of something that does not stop the render.
func Warn(warning *Failure) { oarlock_plugin_report.Warn(warning.Wire()) }

// Log writes a line to the log, which `oarlock render -v` shows. So does fmt.Println.
func Log(message string) {
	oarlock_plugin_report.Log(oarlock_plugin_report.Level_Info, message)
}
