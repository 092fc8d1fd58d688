// Package clickhousetest is what tests on a ClickHouse server share.
package clickhousetest

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"
)

// Database makes a database of a test's own on the server, and gives options that
// name both. It goes with the test.
func Database(t testing.TB, address string) ch.Options {
	server := ch.Options{Address: address}
	name := "t" + strings.ToLower(rand.Text())
	Run(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { Run(t, server, "DROP DATABASE "+name) })
	return ch.Options{Address: address, Database: name}
}

// Run runs a statement, and gives the texts of its only column.
func Run(t testing.TB, server ch.Options, statement string) (texts []string) {
	client, err := ch.Dial(context.Background(), server)
	require.NoError(t, err)
	defer client.Close()
	query := ch.Query{Body: statement}
	if strings.HasPrefix(statement, "SELECT") {
		var column proto.ColStr
		query.Result = proto.Results{{Data: &column}}
		query.OnResult = func(context.Context, proto.Block) error {
			for i := range column.Rows() {
				texts = append(texts, column.Row(i))
			}
			return nil
		}
	}
	require.NoError(t, client.Do(context.Background(), query), statement)
	return texts
}
