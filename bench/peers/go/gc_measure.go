// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The peer of bench/gc: the same workloads, parameters, rows and lines; bench/gc/program.h tells
// them. GOGC=off turns the collector off.
type gcParams struct {
	ops, procs, size int
}

// A histogram of times: bench/gc/histogram.h.
type gcHistogram struct {
	buckets [62 * 8]atomic.Uint64
	longest atomic.Uint64
}

func (h *gcHistogram) note(d time.Duration) {
	ns := uint64(d)
	bucket := ns
	if ns >= 8 {
		power := uint64(bits.Len64(ns) - 1)
		bucket = (power-2)*8 + (ns>>(power-3))&7
	}
	h.buckets[bucket].Add(1)
	for {
		longest := h.longest.Load()
		if ns <= longest || h.longest.CompareAndSwap(longest, ns) {
			return
		}
	}
}

func (h *gcHistogram) add(other *gcHistogram) {
	for i := range h.buckets {
		h.buckets[i].Add(other.buckets[i].Load())
	}
	h.longest.Store(max(h.longest.Load(), other.longest.Load()))
}

func (h *gcHistogram) allButOneIn(n uint64) uint64 {
	left := uint64(0)
	for i := range h.buckets {
		left += h.buckets[i].Load()
	}
	longer := left / n
	for i := range h.buckets {
		left -= h.buckets[i].Load()
		if left <= longer {
			end := uint64(i)
			if i >= 8 {
				end = (9+uint64(i)%8)<<(i/8-1) - 1
			}
			return min(end, h.longest.Load())
		}
	}
	return 0
}

// What a workload found. Its clock runs from start to stop.
type gcOutcome struct {
	ops      int
	begin    time.Time
	wall     time.Duration
	cpu      time.Duration
	checksum atomic.Uint64
	steps    gcHistogram
}

func (o *gcOutcome) start() {
	o.begin = time.Now()
	o.cpu = cpuTime()
}

func (o *gcOutcome) stop(done int) {
	o.cpu = cpuTime() - o.cpu
	o.wall = time.Since(o.begin)
	o.ops = done
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err.Error())
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Notes how long each step of one mutator takes.
type gcStepper struct {
	to   *gcHistogram
	last time.Time
}

func newStepper(to *gcHistogram) gcStepper { return gcStepper{to, time.Now()} }

func (s *gcStepper) step() {
	now := time.Now()
	s.to.note(now.Sub(s.last))
	s.last = now
}

type gcChoice uint64

func (c *gcChoice) below(end int) int {
	*c = *c*6364136223846793005 + 1442695040888963407
	return int(uint64(*c>>33) % uint64(end))
}

func inParallel(n int, f func(id int)) {
	var done sync.WaitGroup
	done.Add(n - 1)
	for id := 1; id < n; id++ {
		go func() {
			f(id)
			done.Done()
		}()
	}
	f(0)
	done.Wait()
}

var gcRows = []struct {
	name string
	size int
	work func(p gcParams, out *gcOutcome)
}{
	{"gcbench", 16, gcBench},
	{"binary_trees", 17, gcBinaryTrees},
	{"live", 1 << 30, gcLive},
	{"pointer_store", 64 << 20, gcPointerStore},
	{"pointer_store_marking", 64 << 20, gcPointerStoreMarking},
	{"alloc", 16, gcAllocate},
	{"server_mix", 10_000, gcServerMix},
}

// Digits, and k, m or g; -1 for anything else.
func parseSize(text string) int {
	unit := 1
	for i, suffix := range []string{"k", "m", "g"} {
		if rest, found := strings.CutSuffix(text, suffix); found {
			text, unit = rest, 1<<(10*(i+1))
			break
		}
	}
	size, err := strconv.ParseUint(text, 10, 30)
	if err != nil {
		return -1
	}
	return int(size) * unit
}

// False when there is no such row.
func runGcRow(name string, ops, procs int) bool {
	for _, row := range gcRows {
		rest, found := strings.CutPrefix(name, row.name)
		if !found {
			continue
		}
		size := row.size
		if rest != "" {
			text, found := strings.CutPrefix(rest, "_")
			if size = parseSize(text); !found || size < 1 {
				continue
			}
		}
		out := new(gcOutcome)
		row.work(gcParams{ops, procs, size}, out)
		out.print(name, procs)
		return true
	}
	return false
}

func (o *gcOutcome) print(row string, procs int) {
	fmt.Printf("%s %d %.2f\n", row, procs, float64(o.wall)/float64(o.ops))
	fmt.Printf("%s_cpu %d %.2f\n", row, procs, float64(o.cpu)/float64(o.ops))
	fmt.Printf("%s_rss %d %d\n", row, procs, statusBytes("VmHWM:"))
	if longest := o.steps.longest.Load(); longest != 0 {
		fmt.Printf("%s_p999 %d %d\n", row, procs, o.steps.allButOneIn(1000))
		fmt.Printf("%s_max %d %d\n", row, procs, longest)
	}
	fmt.Printf("%s_checksum %d %d\n", row, procs, o.checksum.Load())
}

// A field of /proc/self/status that is given in kB.
func statusBytes(field string) int {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		fail(err.Error())
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), field); found {
			var kib int
			fmt.Sscan(rest, &kib)
			return kib * 1024
		}
	}
	fail("no " + field + " in /proc/self/status")
	return 0
}
