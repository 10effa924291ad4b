// Package lines is how the commands here are asked: one request a line as JSON from standard input, answered in order, each with one line of
// JSON.
package lines

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	log "github.com/sirupsen/logrus"
)

// Answer answers until the input ends. What Argo CD's packages log goes to standard error, where a test may look at it.
func Answer[Request, Reply any](answer func(Request) Reply) {
	log.SetOutput(os.Stderr)
	requests := bufio.NewScanner(os.Stdin)
	requests.Buffer(nil, 64<<20)
	for requests.Scan() {
		var request Request
		if err := json.Unmarshal(requests.Bytes(), &request); err != nil {
			fmt.Fprintln(os.Stderr, "not a request:", err)
			os.Exit(2)
		}
		line, err := json.Marshal(answer(request))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(string(line))
	}
}
