// Command client asks a plugin's socket as Argo CD's repo-server does, with the repo-server's own packages: connection, discovery, packing
// and streaming of repositories. It reads one request a line as JSON from standard input and answers each with one line of JSON, in order.
//
// ARGOCD_PLUGINSOCKFILEPATH names the directory of sockets, as it does for the repo-server; ARGOCD_CMP_CHUNK_SIZE the size of chunks.
package main

import "github.com/oarlock/oarlock/tests/argocd/lines"

func main() {
	lines.Answer(Request.run)
}
