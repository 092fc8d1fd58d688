package main

func Example() {
	main()
	// Output:
	// 09:00 books  2000
	// 09:00 music   899
	// 10:00 books  2000
	// 3 events from base 0, 1 from deltas; complete: true
}
