// The scenario of the client matrix in Go, with each of its libraries: LIBRARY matrix ADDRESS [STEP ...].
// test/support/clients-matrix.ts tells what a program prints.
package main

import (
	"os"
	"runtime/debug"
)

type library struct {
	module string
	open   func(address string) Library
}

var libraries = map[string]library{
	"franz-go": {"github.com/twmb/franz-go", openFranz},
	"sarama":   {"github.com/IBM/sarama", openSarama},
	"kafka-go": {"github.com/segmentio/kafka-go", openSegmentio},
}

func main() {
	name := os.Args[1]
	say(map[string]string{"client": name, "version": version(libraries[name].module), "language": "Go"})
	run(libraries[name].open(os.Args[3]), name, os.Args[4:])
}

// version is what was compiled in.
func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, each := range info.Deps {
		if each.Path == module {
			return each.Version[1:]
		}
	}
	return ""
}
