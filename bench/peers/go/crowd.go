// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// bench/crowd/crowd.cc in Go: dies with count goroutines waiting, four functions deep.
type crowdWorld struct {
	numbers, others chan int
	held            sync.Mutex
	never, started  sync.WaitGroup
}

//go:noinline
func crowdWait(w *crowdWorld, kind int) {
	switch kind {
	case 0:
		<-w.numbers
	case 1:
		select {
		case <-w.numbers:
		case <-w.others:
		}
	case 2:
		w.held.Lock()
	case 3:
		time.Sleep(time.Hour)
	default:
		w.never.Wait()
	}
}

//go:noinline
func crowdThird(w *crowdWorld, kind int) { crowdWait(w, kind) }

//go:noinline
func crowdSecond(w *crowdWorld, kind int) { crowdThird(w, kind) }

//go:noinline
func crowdFirst(w *crowdWorld, kind int) {
	w.started.Done()
	crowdSecond(w, kind)
}

func crowd(count int) float64 {
	w := &crowdWorld{numbers: make(chan int), others: make(chan int)}
	w.held.Lock()
	w.never.Add(1)
	w.started.Add(count)
	for i := range count {
		go func() { crowdFirst(w, i%5) }()
	}
	w.started.Wait()
	time.Sleep(time.Second) // report_time looks whether that was enough
	resident := statusBytes("VmRSS:")
	fmt.Println(monotonicNanoseconds(), resident)
	panic("the crowd is done")
}

func monotonicNanoseconds() int64 {
	const clockMonotonic = 1
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}
