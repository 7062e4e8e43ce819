// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"time"
)

func mutexFree(ops int) {
	var mu sync.Mutex
	for range ops {
		mu.Lock()
		mu.Unlock()
	}
}

func mutexContended(ops int) {
	const goroutines = 8
	var mu sync.Mutex
	var wg sync.WaitGroup
	counter := 0
	wg.Add(goroutines)
	for range goroutines {
		go func() {
			defer wg.Done()
			for range ops / goroutines {
				mu.Lock()
				counter++
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if counter != ops/goroutines*goroutines {
		panic("mutex: lost an increment")
	}
}

// One op is one sleep of 1 ms; 10,000 goroutines sleep at a time, so an op can cost far less.
func sleepMany(ops int) {
	const goroutines = 10_000
	var wg sync.WaitGroup
	wg.Add(goroutines)
	for range goroutines {
		go func() {
			defer wg.Done()
			for range ops / goroutines {
				time.Sleep(time.Millisecond)
			}
		}()
	}
	wg.Wait()
}
