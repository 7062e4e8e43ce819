// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
)

func spawnJoin(ops int) {
	var wg sync.WaitGroup
	for range ops {
		wg.Add(1)
		go wg.Done()
		wg.Wait()
	}
}

func spawnBatch(ops int) {
	const batch = 1000
	var wg sync.WaitGroup
	for done := 0; done < ops; done += batch {
		n := min(batch, ops-done)
		wg.Add(n)
		for range n {
			go wg.Done()
		}
		wg.Wait()
	}
}

func yieldOne(ops int) {
	for range ops {
		runtime.Gosched()
	}
}

func yieldMany(ops int) {
	const goroutines = 1000
	var wg sync.WaitGroup
	wg.Add(goroutines)
	for range goroutines {
		go func() {
			defer wg.Done()
			for range ops / goroutines {
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
}

// One op is a whole tree: fan-out 10, each leaf sends its number up an unbuffered channel.
func skynets(ops, leaves int) {
	for range ops {
		result := make(chan int)
		go skynet(result, 0, leaves)
		if sum := <-result; sum != leaves*(leaves-1)/2 {
			panic("skynet: wrong sum")
		}
	}
}

func skynet(up chan<- int, number, leaves int) {
	if leaves == 1 {
		up <- number
		return
	}
	results := make(chan int)
	share := leaves / 10
	for i := range 10 {
		go skynet(results, number+i*share, share)
	}
	sum := 0
	for range 10 {
		sum += <-results
	}
	up <- sum
}

// One op is one hop of the token through a ring of 1,000 goroutines.
func ring(ops int) {
	const size = 1000
	links := make([]chan int, size)
	for i := range links {
		links[i] = make(chan int)
	}
	done := make(chan struct{})
	for i := range links {
		go func(in <-chan int, out chan<- int) {
			for token := range in {
				if token == 0 {
					close(done)
					return
				}
				out <- token - 1
			}
		}(links[i], links[(i+1)%size])
	}
	links[0] <- ops
	<-done
	for _, link := range links {
		close(link)
	}
}
