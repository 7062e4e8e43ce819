// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

// Objects of 16, 64 and 1,024 bytes: a pointer, and data of which the first byte is used. Three
// types, since generics would call methods through a dictionary.
type object16 struct {
	next *object16
	data [8]byte
}

type object64 struct {
	next *object64
	data [56]byte
}

type object1024 struct {
	next *object1024
	data [1016]byte
}

func gcAllocate(p gcParams, out *gcOutcome) {
	work := map[int]func(ops int, out *gcOutcome) uint64{
		16: allocate16, 64: allocate64, 1024: allocate1024}[p.size]
	if work == nil {
		fail("objects have 16, 64 or 1024 bytes")
	}
	opsEach := p.ops/p.procs + 64
	out.start()
	inParallel(p.procs, func(int) { out.checksum.Add(work(opsEach, out)) })
	out.stop(opsEach * p.procs)
}

func allocate16(ops int, out *gcOutcome) uint64 {
	window := new(gcPage[object16])
	sum, i := uint64(0), 0
	steps := newStepper(&out.steps)
	for op := 0; op < ops; op += 64 {
		for range 64 {
			fresh := new(object16)
			fresh.data[0] = byte(i)
			slot := &window.slot[i%pageSlots]
			if *slot != nil {
				sum += uint64((*slot).data[0])
			}
			*slot = fresh
			i++
		}
		steps.step()
	}
	return sum
}

func allocate64(ops int, out *gcOutcome) uint64 {
	window := new(gcPage[object64])
	sum, i := uint64(0), 0
	steps := newStepper(&out.steps)
	for op := 0; op < ops; op += 64 {
		for range 64 {
			fresh := new(object64)
			fresh.data[0] = byte(i)
			slot := &window.slot[i%pageSlots]
			if *slot != nil {
				sum += uint64((*slot).data[0])
			}
			*slot = fresh
			i++
		}
		steps.step()
	}
	return sum
}

func allocate1024(ops int, out *gcOutcome) uint64 {
	window := new(gcPage[object1024])
	sum, i := uint64(0), 0
	steps := newStepper(&out.steps)
	for op := 0; op < ops; op += 64 {
		for range 64 {
			fresh := new(object1024)
			fresh.data[0] = byte(i)
			slot := &window.slot[i%pageSlots]
			if *slot != nil {
				sum += uint64((*slot).data[0])
			}
			*slot = fresh
			i++
		}
		steps.step()
	}
	return sum
}

type gcRequest struct {
	body                    *gcItem
	next                    *gcRequest
	session, number, answer uint64
}

type gcSession struct {
	history [8]*gcItem
	handled uint64
}

func ask(session, number uint64) *gcRequest {
	return &gcRequest{growItems(2, session+number), nil, session, number, 0}
}

func (s *gcSession) answer(r *gcRequest, steps *gcHistogram) {
	clock := newStepper(steps)
	scratch := growItems(4, r.number)
	r.answer = scratch.sum() + r.body.sum()
	s.history[s.handled%8] = growItems(3, r.number)
	s.handled++
	r.body = growItems(2, r.answer)
	clock.step()
}

func gcServerMix(p gcParams, out *gcOutcome) {
	var shards [64]gcHistogram // so that not all count in the same words
	sessions := p.size/2 + 1
	rounds := p.ops/sessions + 1
	var done sync.WaitGroup
	done.Add(2 * sessions)
	out.start()
	for id := range sessions {
		requests := make(chan *gcRequest)
		answers := make(chan *gcRequest)
		go func() {
			s := new(gcSession)
			for r := range requests {
				s.answer(r, &shards[id%len(shards)])
				answers <- r
			}
			done.Done()
		}()
		go func() {
			sum := uint64(0)
			for round := range rounds {
				requests <- ask(uint64(id), uint64(round))
				r := <-answers
				sum += r.answer + r.body.sum()
			}
			close(requests)
			out.checksum.Add(sum)
			done.Done()
		}()
	}
	done.Wait()
	out.stop(rounds * sessions)
	for i := range shards {
		out.steps.add(&shards[i])
	}
}
