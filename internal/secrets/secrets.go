// Package secrets keeps passwords out of errors.
package secrets

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// userinfo is what stands before the host, in the address of a caller who has
// taken a URL for one.
var userinfo = regexp.MustCompile(`\S*@`)

// Without takes out of an error of a client what may be a password: what stands
// before an @, and the arguments that a Redis which doesn't know a command repeats,
// such as those of AUTH and HELLO. What it changes loses its chain.
func Without(err error) error {
	text, _, _ := strings.Cut(err.Error(), ", with args beginning with")
	text = userinfo.ReplaceAllString(text, "…@")
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// CheckAddresses makes sure that addresses are host:port. One that is a URL, maybe
// with a password, would be in the client's errors: it isn't in this one.
func CheckAddresses(addresses []string) error {
	for i, address := range addresses {
		if strings.ContainsAny(address, "@/") {
			return fmt.Errorf("address %d isn't like host:port (it isn't shown, as it may hold a secret)", i+1)
		}
	}
	return nil
}
