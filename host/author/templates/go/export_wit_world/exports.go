// Package export_wit_world has the exports of the contract, around package plugin. You need not
// change this file; wit-bindgen gave the package its name.
package export_wit_world

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	wit "go.bytecodealliance.org/pkg/wit/types"

	"wit_component/oarlock"
	"wit_component/oarlock_plugin_report"
	types "wit_component/oarlock_plugin_types"
	"wit_component/plugin"
)

// Describe says what the plugin is.
func Describe() types.Descriptor {
	defer report()
	stage := types.Stage_Transformer
	if plugin.Descriptor.Stage == oarlock.Generator {
		stage = types.Stage_Generator
	}
	return types.Descriptor{
		Name:         plugin.Descriptor.Name,
		Version:      plugin.Descriptor.Version,
		Stage:        stage,
		Summary:      plugin.Descriptor.Summary,
		ConfigSchema: plugin.Descriptor.ConfigSchema,
	}
}

// Detect says whether a directory is one that the generator renders.
func Detect(directory string) wit.Result[bool, types.Failure] {
	defer report()
	found, err := plugin.Detect(directory)
	if err != nil {
		return wit.Err[bool](failures(err)[0])
	}
	return wit.Ok[bool, types.Failure](found)
}

// Render renders.
func Render(asked types.Request) wit.Result[[]types.Manifest, []types.Failure] {
	defer report()
	made, err := render(asked)
	if err != nil {
		return wit.Err[[]types.Manifest](failures(err))
	}
	return wit.Ok[[]types.Manifest, []types.Failure](made)
}

// Parameters says what an Application may set.
func Parameters(types.Request) wit.Result[[]types.Parameter, []types.Failure] {
	return wit.Ok[[]types.Parameter, []types.Failure](nil)
}

func render(asked types.Request) ([]types.Manifest, error) {
	request := oarlock.Request{
		Directory:   asked.Directory,
		Config:      []byte(asked.Config),
		Manifests:   make([]*oarlock.Manifest, len(asked.Manifests)),
		Application: asked.Application,
	}
	for index, manifest := range asked.Manifests {
		request.Manifests[index] = oarlock.Received(manifest)
	}
	made, err := plugin.Render(request)
	if err != nil {
		return nil, err
	}
	manifests := make([]types.Manifest, len(made))
	for index, manifest := range made {
		if manifests[index], err = manifest.Wire(); err != nil {
			return nil, err
		}
	}
	return manifests, nil
}

// failures makes reasons of an error: those of oarlock.Failure as they are, any other as a message.
func failures(err error) []types.Failure {
	switch reasons := err.(type) {
	case *oarlock.Failure:
		return []types.Failure{reasons.Wire()}
	case oarlock.Failures:
		all := make([]types.Failure, len(reasons))
		for index, reason := range reasons {
			all[index] = reason.Wire()
		}
		return all
	}
	return []types.Failure{oarlock.Failf("%s", err).Wire()}
}

// report tells the host of a panic, with its places, before it ends the call.
func report() {
	reason := recover()
	if reason == nil {
		return
	}
	text := fmt.Sprint("panic: ", reason)
	counters := make([]uintptr, 32)
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters)])
	for {
		frame, more := frames.Next()
		name, isOwn := strings.CutPrefix(frame.Function, "wit_component/")
		if isOwn && !strings.HasPrefix(name, "export_wit_world.") {
			file := strings.TrimPrefix(frame.File, "wit_component/")
			text += fmt.Sprintf("\n  %s:%d in %s", file, frame.Line, name)
		}
		if !more {
			break
		}
	}
	oarlock_plugin_report.Panicked(text)
	// To panic again would say the same once more.
	os.Exit(2)
}
