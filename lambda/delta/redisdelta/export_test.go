package redisdelta

// SetChunk makes chunks small, so that few states fill many.
func (s *Store) SetChunk(bytes int) { s.chunk = bytes }
