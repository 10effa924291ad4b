package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/golang/protobuf/ptypes/empty"
	grpc_retry "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/retry"
	"google.golang.org/grpc/status"

	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/util/app/discovery"
)

// Request is one question to a plugin.
type Request struct {
	// What is asked: check, match, generate, parameters, or discover, which is what the repo-server does to find a plugin.
	Op string `json:"op"`
	// The file name of the socket without its suffix. Empty for discover means an application that names no plugin.
	Plugin string `json:"plugin"`
	// The directory that is sent, and the application's directory in it.
	Repository  string `json:"repository"`
	Application string `json:"application"`
	// NAME=VALUE, as the repo-server puts them together.
	Environment []string `json:"environment"`
	// What to leave out, as --plugin-tar-exclude.
	Exclude []string `json:"exclude"`
	// How long the client waits, in milliseconds; 0 is for ever.
	TimeoutMs int `json:"timeoutMs"`
	// How to break the stream; see breakage.
	Break string `json:"break"`
	// How often the request is made, and how many of them at once. Each has a connection of its own, as in the repo-server.
	Count    int `json:"count"`
	Parallel int `json:"parallel"`
	// More about many requests; see Load.
	Load *Load `json:"load"`
}

// Answer is what came of a request: of the last one, where there are several.
type Answer struct {
	Manifests []string `json:"manifests,omitempty"`
	Value     any      `json:"value,omitempty"`
	Code      string   `json:"code"`
	Error     string   `json:"error,omitempty"`
	// How long each request took in milliseconds, and how many failed.
	Took   []float64 `json:"took"`
	Failed int       `json:"failed"`
}

func (r Request) run() Answer {
	if r.Load != nil {
		answer, err := r.load()
		if err != nil {
			return Answer{Error: err.Error(), Failed: 1}
		}
		return answer
	}
	count, parallel := max(r.Count, 1), max(r.Parallel, 1)
	answers := make([]Answer, count)
	next := make(chan int)
	var workers sync.WaitGroup
	for range parallel {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for index := range next {
				answers[index] = r.once()
			}
		}()
	}
	for index := range count {
		next <- index
	}
	close(next)
	workers.Wait()
	last := answers[count-1]
	last.Took, last.Failed = nil, 0
	for _, answer := range answers {
		last.Took = append(last.Took, answer.Took...)
		if answer.Error != "" {
			last.Failed++
			last.Error, last.Code = answer.Error, answer.Code
		}
	}
	return last
}

func (r Request) once() Answer {
	ctx := context.Background()
	if r.TimeoutMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.TimeoutMs)*time.Millisecond)
		defer cancel()
	}
	start := time.Now()
	answer := Answer{}
	err := r.ask(ctx, &answer)
	answer.Took = []float64{float64(time.Since(start).Microseconds()) / 1000}
	answer.Code = status.Code(err).String()
	if err != nil {
		answer.Error = err.Error()
	}
	return answer
}

func (r Request) ask(ctx context.Context, answer *Answer) error {
	appPath := filepath.Join(r.Repository, r.Application)
	if r.Op == "discover" {
		conn, _, err := discovery.DetectConfigManagementPlugin(ctx, appPath, r.Repository, r.Plugin, r.Environment, r.Exclude)
		if err == nil {
			_ = conn.Close()
		}
		answer.Value = err == nil
		return err
	}
	socket := filepath.Join(common.GetPluginSockFilePath(), r.Plugin+".sock")
	conn, client, err := apiclient.NewConfigManagementPluginClientSet(socket).NewConfigManagementPluginClient()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	switch r.Op {
	case "check":
		response, err := client.CheckPluginConfiguration(ctx, &empty.Empty{})
		answer.Value = response
		return err
	case "match":
		stream, err := client.MatchRepository(ctx, grpc_retry.Disable())
		if err != nil {
			return err
		}
		if err := r.send(ctx, appPath, stream); err != nil {
			return err
		}
		response, err := stream.CloseAndRecv()
		answer.Value = response
		return err
	case "generate":
		stream, err := client.GenerateManifest(ctx, grpc_retry.Disable())
		if err != nil {
			return err
		}
		if err := r.send(ctx, appPath, stream); err != nil {
			return err
		}
		response, err := stream.CloseAndRecv()
		answer.Manifests = response.GetManifests()
		return err
	case "parameters":
		stream, err := client.GetParametersAnnouncement(ctx, grpc_retry.Disable())
		if err != nil {
			return err
		}
		if err := r.send(ctx, appPath, stream); err != nil {
			return err
		}
		response, err := stream.CloseAndRecv()
		answer.Value = response.GetParameterAnnouncements()
		return err
	default:
		return fmt.Errorf("there is no op %q", r.Op)
	}
}
