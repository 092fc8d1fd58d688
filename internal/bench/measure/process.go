package measure

import (
	"bufio"
	"io"
	"os/exec"
)

// Start starts a process that answers lines with lines.
func Start(command *exec.Cmd) (in io.WriteCloser, out *bufio.Reader, err error) {
	if in, err = command.StdinPipe(); err != nil {
		return nil, nil, err
	}
	pipe, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return in, bufio.NewReader(pipe), command.Start()
}
