package main

import (
	"context"
	"fmt"
	"time"

	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/util/cmp"
)

// send sends the repository as the repo-server does, through something that breaks it where the request says so.
func (r Request) send(ctx context.Context, appPath string, stream cmp.StreamSender) error {
	sender := stream
	if r.Break != "" {
		sender = &breaker{how: r.Break, stream: stream}
	}
	return cmp.SendRepoStream(ctx, appPath, r.Repository, sender, r.Environment, r.Exclude)
}

// breaker changes what goes over the wire.
type breaker struct {
	how    string
	stream cmp.StreamSender
	sent   int
}

func (b *breaker) Send(message *apiclient.AppStreamRequest) error {
	b.sent++
	metadata, file := message.GetMetadata(), message.GetFile()
	switch {
	case b.how == "no-metadata" && metadata != nil:
		return nil
	case b.how == "metadata-twice" && metadata != nil:
		if err := b.stream.Send(message); err != nil {
			return err
		}
	case b.how == "wrong-checksum" && metadata != nil:
		metadata.Checksum = "0000000000000000000000000000000000000000000000000000000000000000"
	case b.how == "wrong-size" && metadata != nil:
		metadata.Size_++
	case b.how == "climbing" && metadata != nil:
		metadata.AppRelPath = "../../etc"
	case b.how == "nothing" && metadata != nil:
		return b.stream.Send(&apiclient.AppStreamRequest{})
	case b.how == "truncated" && file != nil && b.sent > 2:
		return nil
	case b.how == "leave" && file != nil && b.sent > 2:
		return fmt.Errorf("left in the middle")
	case b.how == "slow" && file != nil:
		for _, one := range file.Chunk {
			if err := b.stream.Send(cmp.AppFileRequest([]byte{one})); err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond)
		}
		return nil
	}
	return b.stream.Send(message)
}
