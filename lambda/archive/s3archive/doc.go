// Package s3archive keeps the archive on S3, or on any server of its protocol that
// writes only if absent (If-None-Match: *).
//
// An object is committed by a conditional put: of two writers of one name the
// first wins, whoever he is, and the other gets archive.ErrExists. A put whose
// answer was lost may have taken effect, and the client's own retry then finds the
// object there; package archive reads it back to tell its own from another's. Large
// bodies go in parts, several at a time, and appear at once, under the same
// condition, when the upload is completed. An upload that fails is aborted, for
// which Put takes up to a second after its context has ended. Where that fails too,
// or the process dies, its parts cost storage until the bucket's lifecycle rule for
// them (AbortIncompleteMultipartUpload) removes them: set one.
//
// # Opening
//
// [Open], and archive.Open with [Opener], take
//
//	s3://bucket/prefix?region=eu-west-1&endpoint=https://host:9000&path_style=true
//
// where all after the bucket may be missing. Credentials come from where the SDK
// looks for them: the environment, its files, the machine's role. They never stand
// in the URL.
//
// # Failing
//
// Errors name the operation, the bucket and the object, with the server's code.
// ErrAccess and ErrBucket are what somebody has to mend; a put that is refused for
// its rights is archive.ErrUnwritable too. No error has a secret.
package s3archive
