// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
)

// Resident bytes per goroutine while ops goroutines are parked in a receive.
func parkedMemory(ops int) float64 {
	runtime.GC()
	before := statusBytes("VmRSS:")
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
	after := statusBytes("VmRSS:")
	close(never)
	done.Wait()
	return float64(after-before) / float64(ops)
}
