package partition

import (
	"fmt"
	"slices"
	"strings"
)

// maxTopic is Kafka's limit for a topic's name, in bytes.
const maxTopic = 249

// Topics says which Kafka topic holds the events of each type. It is made of a
// declared list of types, so data can't create topics or choose their names. It
// is immutable and safe for concurrent use; the zero Topics knows no type.
type Topics struct {
	names   map[string]string
	types   map[string]string // the inverse
	all     []string
	unknown string
}

// TopicOptions are what a declaration of topics can leave out. The zero
// TopicOptions is right where every type is a legal name and unknown types are
// errors.
type TopicOptions struct {
	// Default is the topic of every type that isn't declared, in full, such as
	// "user_events.other". Where it's empty, such a type is ErrTopic.
	Default string
	// Names gives topics for types by hand, in full, in place of the rule: for
	// types whose text is no legal name, and for topics that are there already.
	// Each of its types must be declared.
	Names map[string]string
}

// NewTopics declares the topics of the event types below one prefix. The rule:
// type "purchase" of prefix "user_events" goes to "user_events.purchase".
//
// ErrTopic marks a type that is empty or declared twice, two types with one
// topic, and a name that Kafka wouldn't take or that would do harm: characters
// other than letters, digits, '.', '_' and '-' of ASCII, more than 249 bytes, "."
// and "..", a "__" in front (Kafka's own topics), and two names that are the same
// once '.' is '_', which Kafka's metrics can't tell apart (and its broker refuses
// to create the second).
func NewTopics(prefix string, types []string, options TopicOptions) (Topics, error) {
	t := Topics{names: map[string]string{}, types: map[string]string{}, unknown: options.Default}
	taken := map[string]string{} // what is left of a name once '.' is '_'
	for _, of := range types {
		name, byHand := options.Names[of]
		if !byHand {
			name = prefix + "." + of
		}
		switch _, twice := t.names[of]; {
		case of == "" || !byHand && prefix == "":
			return Topics{}, fmt.Errorf("%w: a prefix and each type need a text, not %q and %q", ErrTopic, prefix, of)
		case twice:
			return Topics{}, fmt.Errorf("%w: the type %q is declared twice", ErrTopic, of)
		}
		if err := checkTopic(name, taken); err != nil {
			return Topics{}, fmt.Errorf("cannot name the topic of the type %q: %w: give it a name in Names", of, err)
		}
		t.names[of], t.types[name] = name, of
		t.all = append(t.all, name)
	}
	for of := range options.Names {
		if _, declared := t.names[of]; !declared {
			return Topics{}, fmt.Errorf("%w: Names has the type %q, which isn't declared", ErrTopic, of)
		}
	}
	if t.unknown != "" {
		if err := checkTopic(t.unknown, taken); err != nil {
			return Topics{}, fmt.Errorf("cannot use the default topic: %w", err)
		}
		t.all = append(t.all, t.unknown)
	}
	if len(t.all) == 0 {
		return Topics{}, fmt.Errorf("%w: neither types nor a default", ErrTopic)
	}
	return t, nil
}

// checkTopic says what is wrong with a topic's name, and takes it.
func checkTopic(name string, taken map[string]string) error {
	illegal := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && r != '.' && r != '_' && r != '-'
	}
	folded := strings.ReplaceAll(name, ".", "_")
	switch other, collides := taken[folded]; {
	case name == "" || name == "." || name == "..":
		return fmt.Errorf("%w: %q is no name", ErrTopic, name)
	case strings.IndexFunc(name, illegal) >= 0:
		return fmt.Errorf("%w: %q has a character other than a-z, A-Z, 0-9, '.', '_' and '-'", ErrTopic, name)
	case len(name) > maxTopic:
		return fmt.Errorf("%w: %q… has %d bytes, and Kafka takes %d", ErrTopic, name[:40], len(name), maxTopic)
	case strings.HasPrefix(name, "__"):
		return fmt.Errorf("%w: %q is among Kafka's own names", ErrTopic, name)
	case collides:
		return fmt.Errorf("%w: %q collides with %q: Kafka takes '.' and '_' for the same", ErrTopic, name, other)
	}
	taken[folded] = name
	return nil
}

// Topic gives the topic of an event of this type: the declared one, or else the
// default, or else ErrTopic. It doesn't allocate for types that have a topic.
func (t Topics) Topic(of string) (string, error) {
	if name, ok := t.names[of]; ok {
		return name, nil
	}
	if t.unknown == "" {
		return "", fmt.Errorf("%w: the type %.100q isn't declared, and there's no default", ErrTopic, of)
	}
	return t.unknown, nil
}

// Type gives the type whose events the topic holds; false for a topic that isn't
// declared and for the default one, whose events have many types.
func (t Topics) Type(topic string) (string, bool) {
	of, ok := t.types[topic]
	return of, ok
}

// All gives every topic, in the order of their declaration and the default last:
// what to create, and what to subscribe to for all events.
func (t Topics) All() []string { return slices.Clone(t.all) }
