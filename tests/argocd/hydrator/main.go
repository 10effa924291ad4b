// Command hydrator writes files by the function of Argo CD's commit-server, with the metadata that Argo CD reads of a commit.
//
// It reads one request a line as JSON from standard input and answers each with a line of JSON.
package main

import (
	"io/fs"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	commitclient "github.com/argoproj/argo-cd/v3/commitserver/apiclient"
	"github.com/argoproj/argo-cd/v3/commitserver/commit"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/git"

	"github.com/oarlock/oarlock/tests/argocd/lines"
)

type request struct {
	// The directory of a repository, and a commit in it.
	Repository string `json:"repository"`
	Revision   string `json:"revision"`
	// The URL that the files have.
	URL string `json:"url"`
	// The manifests of each directory, as JSON.
	Directories map[string][]string `json:"directories"`
}

type answer struct {
	Files map[string]string `json:"files,omitempty"`
	Error string            `json:"error,omitempty"`
}

// A client of git to which every file is new.
type fresh struct{ git.Client }

func (fresh) HasFileChanged(string) (bool, error) { return true, nil }

func main() {
	// As in a container.
	os.Setenv("TZ", "UTC")
	lines.Answer(func(r request) answer {
		files, err := r.write()
		if err != nil {
			return answer{Error: err.Error()}
		}
		return answer{Files: files}
	})
}

func (r request) write() (map[string]string, error) {
	client, err := git.NewClientExt("file://"+r.Repository, r.Repository, git.NopCreds{}, true, false, "", "")
	if err != nil {
		return nil, err
	}
	found, err := client.RevisionMetadata(r.Revision)
	if err != nil {
		return nil, err
	}
	// As the repo-server answers.
	date := metav1.NewTime(found.Date.UTC())
	metadata := &v1alpha1.RevisionMetadata{Author: found.Author, Date: &date, Message: found.Message}
	for _, reference := range found.References {
		metadata.References = append(metadata.References, v1alpha1.RevisionReference{Commit: &v1alpha1.CommitMetadata{
			Author:  reference.Commit.Author.String(),
			Date:    reference.Commit.Date,
			Subject: reference.Commit.Subject,
			Body:    reference.Commit.Body,
			SHA:     reference.Commit.SHA,
			RepoURL: reference.Commit.RepoURL,
		}})
	}
	directory, err := os.MkdirTemp("", "hydrator-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	root, err := os.OpenRoot(directory)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var paths []*commitclient.PathDetails
	for path, manifests := range r.Directories {
		details := &commitclient.PathDetails{Path: path}
		for _, manifest := range manifests {
			details.Manifests = append(details.Manifests, &commitclient.HydratedManifestDetails{ManifestJSON: manifest})
		}
		paths = append(paths, details)
	}
	if _, err := commit.WriteForPaths(root, r.URL, r.Revision, metadata, paths, fresh{client}); err != nil {
		return nil, err
	}
	files := map[string]string{}
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(directory, path)
		files[name] = string(content)
		return err
	})
	return files, err
}
