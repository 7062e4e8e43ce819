// SPDX-License-Identifier: Apache-2.0

// traced OUT: writes a trace of goroutines in every state, by Go's own runtime.
package main

import (
	"context"
	"iter"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

var sink [][]byte

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func channels(wg *sync.WaitGroup) {
	c := make(chan int)
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range c {
				time.Sleep(10 * time.Microsecond)
			}
		}()
	}
	for i := 0; i < 400; i++ {
		c <- i
	}
	close(c)
}

func selects(wg *sync.WaitGroup) {
	a, b, stop := make(chan int), make(chan int), make(chan bool)
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-a:
			case <-b:
			case <-stop:
				return
			}
		}
	}()
	for i := 0; i < 100; i++ {
		a <- i
		b <- i
	}
	stop <- true
}

func locks(wg *sync.WaitGroup) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	turn := 0
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < 50; n++ {
				mu.Lock()
				for turn != i {
					cond.Wait()
				}
				turn = (turn + 1) % 3
				cond.Broadcast()
				mu.Unlock()
			}
		}()
	}
}

func network(wg *sync.WaitGroup) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	wg.Add(2)
	go func() {
		defer wg.Done()
		c, err := listener.Accept()
		check(err)
		buffer := make([]byte, 16)
		for {
			n, err := c.Read(buffer)
			if err != nil {
				return
			}
			c.Write(buffer[:n])
		}
	}()
	go func() {
		defer wg.Done()
		c, err := net.Dial("tcp", listener.Addr().String())
		check(err)
		buffer := make([]byte, 16)
		for i := 0; i < 50; i++ {
			c.Write([]byte("hello"))
			c.Read(buffer)
		}
		c.Close()
	}()
}

func calls(wg *sync.WaitGroup) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		fds := make([]int, 2)
		check(syscall.Pipe(fds))
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(20 * time.Millisecond)
			syscall.Write(fds[1], []byte("x"))
		}()
		syscall.Read(fds[0], make([]byte, 1))
	}()
}

func tasks(wg *sync.WaitGroup) {
	ctx, task := trace.NewTask(context.Background(), "order")
	defer task.End()
	wg.Add(1)
	go func() {
		defer wg.Done()
		ctx, inner := trace.NewTask(ctx, "item")
		defer inner.End()
		trace.WithRegion(ctx, "outer", func() {
			trace.Log(ctx, "step", "one \xff \"quoted\"")
			trace.WithRegion(ctx, "inner", func() { runtime.Gosched() })
		})
	}()
}

func garbage() {
	for i := 0; i < 200; i++ {
		sink = append(sink, make([]byte, 64<<10))
		if len(sink) > 50 {
			sink = nil
		}
	}
	runtime.GC()
}

func compute(d time.Duration) int {
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); {
		for i := 0; i < 1000; i++ {
			n += i * n
		}
	}
	return n
}

func coroutines() {
	numbers := func(yield func(int) bool) {
		for i := 0; i < 20 && yield(i); i++ {
		}
	}
	next, stop := iter.Pull(numbers)
	defer stop()
	for {
		if _, ok := next(); !ok {
			return
		}
	}
}

func main() {
	file, err := os.Create(os.Args[1])
	check(err)
	discard, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	check(err)
	check(pprof.StartCPUProfile(discard)) // makes CPU samples, in the trace too
	check(trace.Start(file))
	nobody := make(chan int)
	go func() { <-nobody }()
	// Longer than a generation, so that there are several.
	for end := time.Now().Add(1200 * time.Millisecond); time.Now().Before(end); {
		var wg sync.WaitGroup
		channels(&wg)
		selects(&wg)
		locks(&wg)
		network(&wg)
		calls(&wg)
		tasks(&wg)
		garbage()
		coroutines()
		compute(50 * time.Millisecond)
		wg.Wait()
		old := runtime.GOMAXPROCS(3)
		runtime.GOMAXPROCS(old)
	}
	trace.Stop()
	pprof.StopCPUProfile()
	check(file.Close())
}
