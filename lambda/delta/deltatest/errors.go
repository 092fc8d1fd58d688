package deltatest

import "errors"

var (
	// ErrInjected is the error of a call that a fault made fail. As with a real
	// time-out, the caller can't tell whether the call took effect.
	ErrInjected = errors.New("deltatest: injected fault")

	// ErrCrashed is the error of every call of a process that has crashed.
	ErrCrashed = errors.New("deltatest: the process has crashed")
)
