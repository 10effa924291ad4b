// Command client asks a plugin's socket as Argo CD's repo-server does, with the repo-server's own packages: connection, discovery, packing
// and streaming of repositories. It reads one request a line as JSON from standard input and answers each with one line of JSON, in order.
//
// ARGOCD_PLUGINSOCKFILEPATH names the directory of sockets, as it does for the repo-server; ARGOCD_CMP_CHUNK_SIZE the size of chunks.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	log "github.com/sirupsen/logrus"
)

func main() {
	// What the repo-server would log is part of what a test may look at.
	log.SetOutput(os.Stderr)
	requests := bufio.NewScanner(os.Stdin)
	requests.Buffer(nil, 64<<20)
	for requests.Scan() {
		var request Request
		if err := json.Unmarshal(requests.Bytes(), &request); err != nil {
			fmt.Fprintln(os.Stderr, "not a request:", err)
			os.Exit(2)
		}
		if err := answer(os.Stdout, request); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func answer(out io.Writer, request Request) error {
	line, err := json.Marshal(request.run())
	if err != nil {
		return err
	}
	_, err = out.Write(append(line, '\n'))
	return err
}
