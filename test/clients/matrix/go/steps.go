package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"time"
)

func say(line any) {
	text, err := json.Marshal(line)
	check(err)
	fmt.Println(string(text))
}

type said struct {
	Step   string `json:"step"`
	Result string `json:"result"`
	Detail string `json:"detail,omitempty"`
}

// A step that takes longer has failed.
const patience = 75 * time.Second

func (play *scenario) step(name string, run func() string) {
	started := time.Now()
	done := make(chan said, 1)
	go func() {
		defer func() {
			failure := recover()
			if absent, is := failure.(Absent); is {
				done <- said{name, "absent", string(absent)}
			} else if failure != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n%s\n", name, failure, debug.Stack())
				done <- said{name, "failed", fmt.Sprintf("%.500s", fmt.Sprint(failure))}
			}
		}()
		done <- said{name, "passed", run()}
	}()
	select {
	case result := <-done:
		say(result)
	case <-time.After(patience):
		say(said{name, "failed", fmt.Sprintf("not done after %s: %s", patience, play.waiting)})
	}
	fmt.Fprintf(os.Stderr, "%s: %.1f s\n", name, time.Since(started).Seconds())
}

// run plays every step, or those that are named.
func run(library Library, name string, only []string) {
	play := &scenario{Library: library, prefix: fmt.Sprintf("%s-%06x", name, rand.IntN(1<<24))}
	step := func(name string, run func()) {
		if len(only) == 0 || slices.Contains(only, name) {
			play.step(name, func() string { run(); return "" })
		}
	}
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		step("produce "+codec, func() { play.produce(codec) })
	}
	step("idempotent produce", play.idempotent)
	step("group: two members join and leave", func() { play.group("classic") })
	step("commit and resume", play.resume)
	step("seek by time", play.seek)
	step("consumer group protocol", func() { play.group("consumer") })
	step("admin create", play.create)
	step("admin describe", play.describe)
	step("admin alter", play.alter)
	if name := "admin delete"; len(only) == 0 || slices.Contains(only, name) {
		play.step(name, play.remove)
	}
	step("transaction commit and abort", play.transaction)
	step("consume-transform-produce", play.process)
	step("zombie fenced", play.zombie)
}
