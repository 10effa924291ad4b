// Command reposerver generates the manifests of an application by the repo-server's own function: discovery, environment, streaming, and
// what becomes of the answer. It reads one request a line as JSON from standard input and answers each with a line of JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	log "github.com/sirupsen/logrus"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/argoproj/argo-cd/v3/util/git"
	utilio "github.com/argoproj/argo-cd/v3/util/io"
)

type request struct {
	Repository  string                            `json:"repository"`
	Application string                            `json:"application"`
	Name        string                            `json:"name"`
	Namespace   string                            `json:"namespace"`
	Project     string                            `json:"project"`
	Revision    string                            `json:"revision"`
	KubeVersion string                            `json:"kubeVersion"`
	APIVersions []string                          `json:"apiVersions"`
	Plugin      *v1alpha1.ApplicationSourcePlugin `json:"plugin"`
}

type answer struct {
	SourceType string   `json:"sourceType,omitempty"`
	Manifests  []string `json:"manifests,omitempty"`
	Error      string   `json:"error,omitempty"`
}

func main() {
	log.SetOutput(os.Stderr)
	requests := bufio.NewScanner(os.Stdin)
	requests.Buffer(nil, 64<<20)
	for requests.Scan() {
		var r request
		if err := json.Unmarshal(requests.Bytes(), &r); err != nil {
			fmt.Fprintln(os.Stderr, "not a request:", err)
			os.Exit(2)
		}
		line, err := json.Marshal(r.generate())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(string(line))
	}
}

func (r request) generate() answer {
	query := &apiclient.ManifestRequest{
		Repo:        &v1alpha1.Repository{Repo: "https://git.example.com/gitops.git"},
		Revision:    r.Revision,
		AppName:     r.Name,
		Namespace:   r.Namespace,
		ProjectName: r.Project,
		KubeVersion: r.KubeVersion,
		ApiVersions: r.APIVersions,
		ApplicationSource: &v1alpha1.ApplicationSource{
			RepoURL:        "https://git.example.com/gitops.git",
			Path:           r.Application,
			TargetRevision: "main",
			Plugin:         r.Plugin,
		},
		ProjectSourceRepos: []string{"*"},
		TrackingMethod:     "annotation",
	}
	response, err := repository.GenerateManifests(context.Background(), filepath.Join(r.Repository, r.Application), r.Repository,
		r.Revision, query, false, &git.NoopCredsStore{}, resource.MustParse("0"), utilio.NewRandomizedTempPaths(os.TempDir()))
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{SourceType: response.SourceType, Manifests: response.Manifests}
}
