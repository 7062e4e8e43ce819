// SPDX-License-Identifier: Apache-2.0

// The Go peer of gander_bench: the same work under the same row names.
//
//	gobench                     lists the rows
//	gobench NAME OPS PROCS      prints "NAME PROCS VALUE", nanoseconds per op (bytes for memory rows)
//	gobench traced_NAME OPS PROCS [SINK]
//	                            the same while a trace is written to SINK, or /dev/null
//	gobench ROW OPS PROCS       a row of the collected heap, several lines: gc_measure.go
//
// Each row runs in a process of its own, so that no row meets the heap or the stacks of another.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"time"
)

// A row either works through ops operations and is timed, or measures something else itself.
type row struct {
	name    string
	work    func(ops int)
	measure func(ops int) float64
}

var rows = []row{
	{name: "spawn_join", work: spawnJoin},
	{name: "spawn_batch", work: spawnBatch},
	{name: "yield_one", work: yieldOne},
	{name: "yield_many", work: yieldMany},
	{name: "skynet_100k", work: func(ops int) { skynets(ops, 100_000) }},
	{name: "skynet_1m", work: func(ops int) { skynets(ops, 1_000_000) }},
	{name: "ring", work: ring},
	{name: "ping_pong", work: pingPong},
	{name: "spsc", work: func(ops int) { throughput(ops, 1) }},
	{name: "mpmc", work: func(ops int) { throughput(ops, 4) }},
	{name: "select_4", work: selectFour},
	{name: "mutex_free", work: mutexFree},
	{name: "mutex_contended", work: mutexContended},
	{name: "sleep", work: sleepMany},
	{name: "parked_memory", measure: parkedMemory},
	{name: "crowd", measure: crowd}, // does not return: see report_time
}

func main() {
	if len(os.Args) == 1 {
		for _, r := range rows {
			fmt.Println(r.name)
		}
		for _, r := range gcRows {
			fmt.Println(r.name)
		}
		return
	}
	if len(os.Args) != 4 && len(os.Args) != 5 {
		fail("usage: gobench [NAME OPS PROCS [SINK]]")
	}
	sinkPath := os.DevNull
	if len(os.Args) == 5 {
		sinkPath = os.Args[4]
	}
	ops, err1 := strconv.Atoi(os.Args[2])
	procs, err2 := strconv.Atoi(os.Args[3])
	if err1 != nil || err2 != nil || ops < 1 || procs < 1 {
		fail("gobench: OPS and PROCS are positive numbers")
	}
	runtime.GOMAXPROCS(procs)
	name, traced := strings.CutPrefix(os.Args[1], "traced_")
	for _, r := range rows {
		if r.name != name {
			continue
		}
		if traced {
			sink, err := os.Create(sinkPath)
			if err != nil || trace.Start(sink) != nil {
				fail("gobench: no trace")
			}
			defer trace.Stop()
		}
		var value float64
		if r.measure != nil {
			value = r.measure(ops)
		} else {
			start := time.Now()
			r.work(ops)
			value = float64(time.Since(start).Nanoseconds()) / float64(ops)
		}
		fmt.Printf("%s %d %.2f\n", os.Args[1], procs, value)
		return
	}
	if runGcRow(os.Args[1], ops, procs) {
		return
	}
	fail("gobench: no row named " + os.Args[1])
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(2)
}
