package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	grpc_retry "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/retry"
	"google.golang.org/grpc/status"

	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/util/tgzstream"
)

// Load is many requests for the applications of a repository, which is packed beforehand: what is measured begins with the connection.
type Load struct {
	// The applications' directories, asked for in turn.
	Applications []string `json:"applications"`
	// A file of the repository that every revision changes.
	Changes string `json:"changes"`
	// How many revisions there are; requests go through them in order.
	Revisions int `json:"revisions"`
	// Where to begin counting revisions, so that none comes twice.
	First int `json:"first"`
	// When to stop, whatever is left; 0 is never.
	Seconds float64 `json:"seconds"`
}

// pack is a repository as it is sent.
type pack struct {
	bytes    []byte
	checksum string
}

func (r Request) load() (Answer, error) {
	packs := make([]pack, max(r.Load.Revisions, 1))
	for index := range packs {
		if r.Load.Changes != "" {
			text := fmt.Sprintf("REVISION=%d\n", r.Load.First+index)
			if err := os.WriteFile(filepath.Join(r.Repository, r.Load.Changes), []byte(text), 0o644); err != nil {
				return Answer{}, err
			}
		}
		var err error
		if packs[index], err = packed(r.Repository, r.Exclude); err != nil {
			return Answer{}, err
		}
	}
	count := max(r.Count, 1)
	begun := time.Now()
	answers := make([]Answer, count)
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(r.Parallel, 1) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for index := range next {
				start := time.Now()
				application := r.Load.Applications[index%len(r.Load.Applications)]
				err := r.askPacked(packs[index*len(packs)/count], application)
				answers[index].Took = []float64{float64(time.Since(start).Microseconds()) / 1000}
				if err != nil {
					answers[index].Error = err.Error()
					answers[index].Code = status.Code(err).String()
				}
			}
		}()
	}
	for index := range count {
		if r.Load.Seconds > 0 && time.Since(begun).Seconds() > r.Load.Seconds {
			break
		}
		next <- index
	}
	close(next)
	workers.Wait()
	whole := Answer{Code: "OK", Value: map[string]float64{
		"seconds": time.Since(begun).Seconds(), "bytes": float64(len(packs[0].bytes)),
	}}
	for _, answer := range answers {
		whole.Took = append(whole.Took, answer.Took...)
		if answer.Error != "" {
			whole.Failed++
			whole.Error, whole.Code = answer.Error, answer.Code
		}
	}
	return whole, nil
}

// packed packs a repository as the repo-server does.
func packed(repository string, exclude []string) (pack, error) {
	file, _, checksum, err := tgzstream.CompressFiles(repository, nil, exclude)
	if err != nil {
		return pack{}, err
	}
	defer tgzstream.CloseAndDelete(file)
	bytes, err := io.ReadAll(file)
	return pack{bytes: bytes, checksum: checksum}, err
}

// askPacked makes one request over a connection of its own, as the repo-server does.
func (r Request) askPacked(pack pack, application string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	socket := filepath.Join(common.GetPluginSockFilePath(), r.Plugin+".sock")
	connection, client, err := apiclient.NewConfigManagementPluginClientSet(socket).NewConfigManagementPluginClient()
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	stream, err := client.GenerateManifest(ctx, grpc_retry.Disable())
	if err != nil {
		return err
	}
	metadata := &apiclient.ManifestRequestMetadata{
		AppName:    filepath.Base(application),
		AppRelPath: application,
		Checksum:   pack.checksum,
		Size_:      int64(len(pack.bytes)),
	}
	for _, variable := range append([]string{"ARGOCD_APP_NAME=" + filepath.Base(application)}, r.Environment...) {
		name, value, _ := strings.Cut(variable, "=")
		metadata.Env = append(metadata.Env, &apiclient.EnvEntry{Name: name, Value: value})
	}
	if err := stream.Send(&apiclient.AppStreamRequest{Request: &apiclient.AppStreamRequest_Metadata{Metadata: metadata}}); err != nil {
		return err
	}
	for rest := pack.bytes; len(rest) > 0; {
		chunk := rest[:min(len(rest), common.GetCMPChunkSize())]
		rest = rest[len(chunk):]
		file := &apiclient.AppStreamRequest_File{File: &apiclient.File{Chunk: chunk}}
		if err := stream.Send(&apiclient.AppStreamRequest{Request: file}); err != nil {
			return err
		}
	}
	response, err := stream.CloseAndRecv()
	if err == nil && len(response.GetManifests()) == 0 {
		return fmt.Errorf("no manifests of %s", application)
	}
	return err
}
