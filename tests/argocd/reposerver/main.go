// Command reposerver is Argo CD's own repo-server, with all that it does: git, Redis, its locks, plugins.
package main

import (
	"os"

	"github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
)

func main() {
	if err := commands.NewCommand().Execute(); err != nil {
		os.Exit(1)
	}
}
