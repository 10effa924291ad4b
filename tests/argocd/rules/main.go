// Command rules decides as Argo CD does: of what health an object is, by the checks of a ConfigMap; which changed files concern an
// Application, by its annotation; what a plugin.yaml says. It reads one request a line as JSON from standard input and answers each with
// a line of JSON.
package main

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/argoproj/argo-cd/v3/cmpserver/plugin"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/app/path"
	"github.com/argoproj/argo-cd/v3/util/lua"

	"github.com/oarlock/oarlock/tests/argocd/lines"
)

type request struct {
	// The data of argocd-cm, and an object.
	Data   map[string]string      `json:"data"`
	Object map[string]interface{} `json:"object"`
	// The annotation of an Application in a directory, and files that changed, one commit each.
	Annotation string   `json:"annotation"`
	Directory  string   `json:"directory"`
	Files      []string `json:"files"`
	// A directory with a plugin.yaml.
	Plugin string `json:"plugin"`
}

type answer struct {
	Status   string `json:"status,omitempty"`
	Message  string `json:"message,omitempty"`
	Concerns []bool `json:"concerns,omitempty"`
	Error    string `json:"error,omitempty"`
	// The file of the socket, and the commands to generate, to discover, and to tell parameters.
	Socket   string     `json:"socket,omitempty"`
	Commands [][]string `json:"commands,omitempty"`
}

func main() {
	lines.Answer(request.decide)
}

func (r request) decide() answer {
	if r.Object != nil {
		return r.health()
	}
	if r.Plugin != "" {
		return r.plugin()
	}
	return r.concerns()
}

// The keys of argocd-cm as the controller takes them apart, and its verdict.
func (r request) health() answer {
	overrides := lua.ResourceHealthOverrides{}
	for key, script := range r.Data {
		if kind, ok := strings.CutPrefix(key, "resource.customizations.health."); ok {
			overrides[strings.Replace(kind, "_", "/", 1)] = v1alpha1.ResourceOverride{HealthLua: script}
		}
	}
	found, err := overrides.GetResourceHealth(&unstructured.Unstructured{Object: r.Object})
	if err != nil {
		return answer{Error: err.Error()}
	}
	if found == nil {
		return answer{Status: "(none)"}
	}
	return answer{Status: string(found.Status), Message: found.Message}
}

func (r request) concerns() answer {
	source := v1alpha1.ApplicationSource{RepoURL: "https://git.example.com/gitops.git", Path: r.Directory}
	app := v1alpha1.Application{
		ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationKeyManifestGeneratePaths: r.Annotation}},
		Spec:       v1alpha1.ApplicationSpec{Source: &source},
	}
	paths := path.GetSourceRefreshPaths(&app, source)
	concerns := make([]bool, len(r.Files))
	for i, file := range r.Files {
		concerns[i] = path.AppFilesHaveChanged(paths, []string{file})
	}
	return answer{Concerns: concerns}
}

func (r request) plugin() answer {
	config, err := plugin.ReadPluginConfig(r.Plugin)
	if err != nil {
		return answer{Error: err.Error()}
	}
	spec := config.Spec
	commands := [][]string{spec.Generate.Command, spec.Discover.Find.Command.Command, spec.Parameters.Dynamic.Command}
	return answer{Socket: config.Address(), Commands: commands}
}
