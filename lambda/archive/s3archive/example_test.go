package s3archive_test

import (
	"context"
	"fmt"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/s3archive"
)

// A program that takes its archive's place from the command line or the
// environment runs on a folder or on S3 alike.
func ExampleOpener() {
	type event struct{ User int64 }
	ctx := context.Background()
	store, err := archive.Open(ctx, "s3://data-lake/events?region=eu-west-1", s3archive.Opener())
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = lambda.New[event](lambda.Config{Archive: store})
}
