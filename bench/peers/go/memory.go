// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
)

// Resident bytes per goroutine while ops goroutines are parked in a receive.
func parkedMemory(ops int) float64 {
	runtime.GC()
	before := residentBytes()
	never := make(chan int)
	var started, done sync.WaitGroup
	started.Add(ops)
	done.Add(ops)
	for range ops {
		go func() {
			started.Done()
			<-never
			done.Done()
		}()
	}
	started.Wait()
	after := residentBytes()
	close(never)
	done.Wait()
	return float64(after-before) / float64(ops)
}

func residentBytes() int {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		fail(err.Error())
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			var kib int
			fmt.Sscan(rest, &kib)
			return kib * 1024
		}
	}
	fail("no VmRSS in /proc/self/status")
	return 0
}
