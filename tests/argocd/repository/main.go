// Command repository has Argo CD's repo-server generate manifests: by the function that it has for that, over a directory, or by asking one
// that runs. Either way what plugins are asked, and what becomes of their answers, is Argo CD's affair.
//
// It reads one request a line as JSON from standard input and answers each with a line of JSON.
package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/argoproj/argo-cd/v3/util/git"
	utilio "github.com/argoproj/argo-cd/v3/util/io"

	"github.com/oarlock/oarlock/tests/argocd/lines"
)

type request struct {
	// Where a repo-server listens; empty is for the function alone.
	Server string `json:"server"`
	// The directory that is the repository, for the function; its URL, for a server.
	Repository string `json:"repository"`
	// The application's directory in it.
	Application string `json:"application"`
	Name        string `json:"name"`
	Namespace   string `json:"namespace"`
	Project     string `json:"project"`
	// A commit, for the function; anything that git understands, for a server.
	Revision    string                            `json:"revision"`
	KubeVersion string                            `json:"kubeVersion"`
	APIVersions []string                          `json:"apiVersions"`
	Plugin      *v1alpha1.ApplicationSourcePlugin `json:"plugin"`
	// Whether Argo CD's own cache is passed over.
	NoCache bool `json:"noCache"`
	// How many requests are made at once; the answer is that of the last one, and an error of any.
	Parallel int `json:"parallel"`
}

type answer struct {
	SourceType string   `json:"sourceType,omitempty"`
	Revision   string   `json:"revision,omitempty"`
	Manifests  []string `json:"manifests,omitempty"`
	Error      string   `json:"error,omitempty"`
}

func main() {
	lines.Answer(request.all)
}

func (r request) all() answer {
	answers := make([]answer, max(r.Parallel, 1))
	var group sync.WaitGroup
	for index := range answers {
		group.Add(1)
		go func() {
			defer group.Done()
			answers[index] = r.once()
		}()
	}
	group.Wait()
	for _, answer := range answers {
		if answer.Error != "" {
			return answer
		}
	}
	return answers[0]
}

func (r request) once() answer {
	response, err := r.generate()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{SourceType: response.SourceType, Revision: response.Revision, Manifests: response.Manifests}
}

func (r request) generate() (*apiclient.ManifestResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	url := r.Repository
	if r.Server == "" {
		url = "https://git.example.com/gitops.git"
	}
	query := &apiclient.ManifestRequest{
		Repo:     &v1alpha1.Repository{Repo: url},
		Revision: r.Revision,
		NoCache:  r.NoCache,
		// As the controller asks when it refreshes.
		NoRevisionCache: true,
		AppName:         r.Name,
		Namespace:       r.Namespace,
		ProjectName:     r.Project,
		KubeVersion:     r.KubeVersion,
		ApiVersions:     r.APIVersions,
		ApplicationSource: &v1alpha1.ApplicationSource{
			RepoURL:        url,
			Path:           r.Application,
			TargetRevision: r.Revision,
			Plugin:         r.Plugin,
		},
		ProjectSourceRepos: []string{"*"},
		TrackingMethod:     "annotation",
		AppLabelKey:        "app.kubernetes.io/instance",
	}
	if r.Server == "" {
		return repository.GenerateManifests(ctx, filepath.Join(r.Repository, r.Application), r.Repository, r.Revision, query,
			false, &git.NoopCredsStore{}, resource.MustParse("0"), utilio.NewRandomizedTempPaths(os.TempDir()))
	}
	connection, client, err := apiclient.NewRepoServerClientset(r.Server, 120, apiclient.TLSConfiguration{DisableTLS: true}).NewRepoServerClient()
	if err != nil {
		return nil, err
	}
	defer utilio.Close(connection)
	return client.GenerateManifest(ctx, query)
}
