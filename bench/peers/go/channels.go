// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

// One op is a round trip: two messages over unbuffered channels.
func pingPong(ops int) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
	}()
	for i := range ops {
		ping <- i
		<-pong
	}
	close(ping)
}

// One op is one message through a channel of capacity 128, between n senders and n receivers.
func throughput(ops, n int) {
	messages := make(chan int, 128)
	var senders, receivers sync.WaitGroup
	senders.Add(n)
	receivers.Add(n)
	for range n {
		go func() {
			defer receivers.Done()
			for range messages {
			}
		}()
		go func() {
			defer senders.Done()
			for i := range ops / n {
				messages <- i
			}
		}()
	}
	senders.Wait()
	close(messages)
	receivers.Wait()
}

// One op is one message over one of four unbuffered channels to a receiver that selects.
func selectFour(ops int) {
	var cases [4]chan int
	for i := range cases {
		cases[i] = make(chan int)
	}
	a, b, c, d := cases[0], cases[1], cases[2], cases[3]
	done := make(chan struct{})
	go func() {
		for range ops {
			select {
			case <-a:
			case <-b:
			case <-c:
			case <-d:
			}
		}
		close(done)
	}()
	for i := range ops {
		cases[i%4] <- i
	}
	<-done
}
