package kafkasource_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
)

// TestAGroupThatRefusesEndsShare: the client asks for ever, Share doesn't.
func TestAGroupThatRefusesEndsShare(t *testing.T) {
	answers := map[*kerr.Error]string{
		kerr.GroupAuthorizationFailed:  "right to read the group",
		kerr.GroupMaxSizeReached:       "group.max.size",
		kerr.InvalidSessionTimeout:     "kgo.SessionTimeout",
		kerr.InconsistentGroupProtocol: "ServerSideBalancing",
		kerr.FencedInstanceID:          "kgo.InstanceID",
	}
	for _, serverSide := range []bool{false, true} {
		for answer, remedy := range answers {
			cluster := kafkatest.Fake(t)
			address := cluster.ListenAddrs()[0]
			_, name := kafkatest.Topic(t, address, 1, nil)
			refuse(cluster, serverSide, answer)
			log := open(t, address, kafkasource.Options[event]{Topic: name, Group: "metrics", ServerSideBalancing: serverSide})
			err := log.Share(t.Context(), func(context.Context, int) error { return errors.New("nothing to own") })
			require.ErrorIs(t, err, kafkasource.ErrGroup)
			require.ErrorIs(t, err, answer)
			for _, part := range []string{"metrics", name, address, remedy} {
				require.ErrorContains(t, err, part)
			}
		}
	}
}

// refuse lets a group answer whoever joins.
func refuse(cluster *kfake.Cluster, serverSide bool, answer *kerr.Error) {
	key := kmsg.JoinGroup
	if serverSide {
		key = kmsg.ConsumerGroupHeartbeat
	}
	cluster.ControlKey(key.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		response := request.ResponseKind()
		switch r := response.(type) {
		case *kmsg.JoinGroupResponse:
			r.ErrorCode = answer.Code
		case *kmsg.ConsumerGroupHeartbeatResponse:
			r.ErrorCode = answer.Code
		}
		return response, nil, true
	})
}

// TestAMemberThatIsRefusedLaterEndsShare: it has partitions by then, and lets go
// of them.
func TestAMemberThatIsRefusedLaterEndsShare(t *testing.T) {
	cluster := kafkatest.Fake(t)
	address := cluster.ListenAddrs()[0]
	_, name := kafkatest.Topic(t, address, 1, nil)
	log := open(t, address, kafkasource.Options[event]{Topic: name, Group: "metrics", Client: []kgo.Opt{kgo.HeartbeatInterval(10 * time.Millisecond)}})
	var let atomic.Bool
	err := log.Share(t.Context(), func(ctx context.Context, _ int) error {
		cluster.ControlKey(kmsg.Heartbeat.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			response := request.ResponseKind().(*kmsg.HeartbeatResponse)
			response.ErrorCode = kerr.GroupAuthorizationFailed.Code
			return response, nil, true
		})
		<-ctx.Done()
		let.Store(true)
		return nil
	})
	require.ErrorIs(t, err, kafkasource.ErrGroup)
	require.True(t, let.Load())
}

type hook func(error)

func (h hook) OnGroupManageError(err error) { h(err) }

// TestWhatPassesIsWaitedFor: errors that joining again heals don't end Share. The
// caller's own hooks hear of them.
func TestWhatPassesIsWaitedFor(t *testing.T) {
	cluster := kafkatest.Fake(t)
	address := cluster.ListenAddrs()[0]
	_, name := kafkatest.Topic(t, address, 1, nil)
	passing := []*kerr.Error{kerr.UnknownServerError, kerr.CoordinatorNotAvailable, kerr.IllegalGeneration, kerr.GroupIDNotFound}
	for _, answer := range passing {
		cluster.ControlKey(kmsg.JoinGroup.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
			response := request.ResponseKind().(*kmsg.JoinGroupResponse)
			response.ErrorCode = answer.Code
			return response, nil, true
		})
	}
	var heard atomic.Int64
	log := open(t, address, kafkasource.Options[event]{Topic: name, Group: "metrics", Client: []kgo.Opt{
		kgo.WithHooks(hook(func(error) { heard.Add(1) })),
		kgo.RetryBackoffFn(func(int) time.Duration { return time.Millisecond }),
	}})
	owned := errors.New("owned")
	require.ErrorIs(t, log.Share(t.Context(), func(context.Context, int) error { return owned }), owned)
	require.Positive(t, heard.Load())
}

func TestARealGroupRefuses(t *testing.T) {
	address := servers.Need(t, "ANABRANCH_KAFKA")
	_, name := kafkatest.Topic(t, address, 1, nil)
	log := open(t, address, kafkasource.Options[event]{Topic: name, Group: name, Client: []kgo.Opt{kgo.SessionTimeout(time.Hour)}})
	err := log.Share(t.Context(), func(context.Context, int) error { return nil })
	require.ErrorIs(t, err, kafkasource.ErrGroup)
	require.ErrorIs(t, err, kerr.InvalidSessionTimeout)

	// A group that balances by itself, and a process of it that doesn't.
	other := open(t, address, kafkasource.Options[event]{Topic: name, Group: name})
	joined, ctx := make(chan struct{}), t.Context()
	ctx, leave := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		done <- other.Share(ctx, func(ctx context.Context, _ int) error {
			close(joined)
			<-ctx.Done()
			return nil
		})
	}()
	<-joined
	ranged := open(t, address, kafkasource.Options[event]{Topic: name, Group: name, Client: []kgo.Opt{kgo.Balancers(kgo.RangeBalancer())}})
	err = ranged.Share(t.Context(), func(context.Context, int) error { return nil })
	require.ErrorIs(t, err, kerr.InconsistentGroupProtocol)
	leave()
	require.NoError(t, <-done)
}

// TestAddressesThatHoldASecret: who takes a URL for an address finds his password in
// no error.
func TestAddressesThatHoldASecret(t *testing.T) {
	for _, address := range []string{"sasl://user:topsecret@localhost:9092", "user:topsecret@localhost", "kafka://localhost:9092/topsecret"} {
		_, err := kafkasource.New(t.Context(), kafkasource.Options[event]{Topic: "t", Client: []kgo.Opt{kgo.SeedBrokers(address)}})
		require.ErrorIs(t, err, source.ErrOptions)
		require.NotContains(t, err.Error(), "topsecret")
	}
}
