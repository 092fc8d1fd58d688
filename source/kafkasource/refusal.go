package kafkasource

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// remedies are the answers by which a group refuses a member for good, and what to
// do about each. The client goes on asking after every error, and after all others
// it's right to: a member that the group has forgotten, say, joins anew.
var remedies = map[*kerr.Error]string{
	kerr.GroupAuthorizationFailed:  "give the user the right to read the group",
	kerr.TopicAuthorizationFailed:  "give the user the right to read and describe the topic",
	kerr.GroupMaxSizeReached:       "run fewer processes, or raise the brokers' group.max.size",
	kerr.InvalidGroupID:            "choose another name for the group",
	kerr.InvalidSessionTimeout:     "set kgo.SessionTimeout to what the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms allow",
	kerr.InconsistentGroupProtocol: "let all processes of the group have one ServerSideBalancing and kgo.Balancers, or choose another group",
	kerr.UnsupportedAssignor:       "set kgo.Balancers to one that the brokers offer to the group",
	kerr.UnsupportedVersion:        "use brokers that speak this protocol of groups",
	kerr.FencedInstanceID:          "give each process a kgo.InstanceID of its own",
	kerr.UnreleasedInstanceID:      "give each process a kgo.InstanceID of its own; if one has crashed, start it once its session has ended",
}

// refusals tells of a group's refusals.
type refusals func(refusal error)

var _ kgo.HookGroupManageError = refusals(nil)

// OnGroupManageError implements kgo.HookGroupManageError.
func (tell refusals) OnGroupManageError(err error) {
	if answer, ok := errors.AsType[*kerr.Error](err); ok && remedies[answer] != "" {
		tell(err)
	}
}

// refused says what was refused, where, and what to do.
func (l *Log[E]) refused(refusal error) error {
	answer, _ := errors.AsType[*kerr.Error](refusal)
	return fmt.Errorf("%w: group %s, for the topic %s on the brokers %v: %w (%s)", ErrGroup, l.options.Group, l.options.Topic,
		l.client.OptValue(kgo.SeedBrokers), refusal, remedies[answer])
}
