// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync/atomic"
)

type gcTree struct {
	left, right *gcTree
}

func growTree(depth int) *gcTree {
	if depth == 0 {
		return &gcTree{}
	}
	return &gcTree{growTree(depth - 1), growTree(depth - 1)}
}

func (t *gcTree) count() uint64 {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

func gcBinaryTrees(p gcParams, out *gcOutcome) {
	const least = 4
	depth := max(p.size, least+2)
	out.start()
	for range p.ops {
		out.checksum.Add(growTree(depth + 1).count())
		stays := growTree(depth)
		inParallel(p.procs, func(id int) {
			nodes := uint64(0)
			for d := least; d <= depth; d += 2 {
				trees := 1 << (depth - d + least)
				for i := id; i < trees; i += p.procs {
					nodes += growTree(d).count()
				}
			}
			out.checksum.Add(nodes)
		})
		out.checksum.Add(stays.count())
	}
	out.stop(p.ops)
}

type gcBenchNode struct {
	left, right *gcBenchNode
	i, j        int32
}

func (n *gcBenchNode) populate(depth int) {
	if depth <= 0 {
		return
	}
	n.left = new(gcBenchNode)
	n.right = new(gcBenchNode)
	n.left.populate(depth - 1)
	n.right.populate(depth - 1)
}

func growNode(depth int) *gcBenchNode {
	if depth <= 0 {
		return &gcBenchNode{}
	}
	return &gcBenchNode{left: growNode(depth - 1), right: growNode(depth - 1)}
}

func (n *gcBenchNode) count() uint64 {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

func gcBenchOnce(depth int, out *gcOutcome) {
	topDown := func(d int) *gcBenchNode {
		root := new(gcBenchNode)
		root.populate(d)
		return root
	}
	nodes := growNode(depth + 2).count()
	stays := topDown(depth)
	array := new([500_000]float64)
	for i := range 250_000 {
		array[i] = 1 / float64(i+1)
	}
	sizeOf := func(levels int) int { return 1<<(levels+1) - 1 }
	for d := 4; d <= depth; d += 2 {
		trees := 2 * sizeOf(depth+2) / sizeOf(d)
		for range trees {
			if topDown(d).left != nil {
				nodes++
			}
		}
		for range trees {
			if growNode(d).right != nil {
				nodes++
			}
		}
	}
	out.checksum.Add(nodes + stays.count() + uint64(1000*array[999]+0.5))
}

func gcBench(p gcParams, out *gcOutcome) {
	out.start()
	inParallel(p.procs, func(int) {
		for range p.ops {
			gcBenchOnce(p.size, out)
		}
	})
	out.stop(p.ops * p.procs)
}

type gcItem struct {
	left, right *gcItem
	key, value  uint64
}

func growItems(depth int, key uint64) *gcItem {
	if depth == 0 {
		return &gcItem{nil, nil, key, key * 0x9e3779b97f4a7c15}
	}
	return &gcItem{growItems(depth-1, 2*key), growItems(depth-1, 2*key+1), key,
		key * 0x9e3779b97f4a7c15}
}

func (i *gcItem) sum() uint64 {
	if i == nil {
		return 0
	}
	return i.value + i.left.sum() + i.right.sum()
}

const pageSlots = 512

type gcPage[T any] struct {
	slot [pageSlots]*T
}

type gcDirectory[T any] struct {
	pages [4096]*gcPage[T]
}

func (d *gcDirectory[T]) at(i int) **T { return &d.pages[i/pageSlots].slot[i%pageSlots] }

func makeTable[T any](slots int) *gcDirectory[T] {
	table := new(gcDirectory[T])
	for i := 0; i < slots; i += pageSlots {
		table.pages[i/pageSlots] = new(gcPage[T])
	}
	return table
}

const (
	liveDepth     = 4
	liveTreeBytes = ((2 << liveDepth) - 1) * 32
)

func liveGraph(slots int) *gcDirectory[gcItem] {
	table := makeTable[gcItem](slots)
	for i := range slots {
		*table.at(i) = growItems(liveDepth, uint64(i))
	}
	return table
}

func gcLive(p gcParams, out *gcOutcome) {
	slotsEach := p.size/liveTreeBytes/p.procs + 1
	table := liveGraph(slotsEach * p.procs)
	opsEach := p.ops/p.procs + 1
	runtime.GC() // so that each run begins with the same heap, and no collection under way
	out.start()
	inParallel(p.procs, func(id int) {
		first := slotsEach * id
		slots := gcChoice(id)
		sum := uint64(0)
		steps := newStepper(&out.steps)
		for op := range opsEach {
			i := slots.below(slotsEach)
			fresh := growItems(liveDepth, uint64(op))
			slot := table.at(first + i)
			sum += (*slot).value
			*slot = fresh
			steps.step()
		}
		out.checksum.Add(sum)
	})
	out.stop(opsEach * p.procs)
	for i := range slotsEach * p.procs {
		out.checksum.Add((*table.at(i)).sum())
	}
}

func storePointers(ops int, from, to *gcPage[gcItem], out *gcOutcome) {
	const mask = pageSlots - 1
	i := uint(0)
	steps := newStepper(&out.steps)
	for op := 0; op < ops; op += 64 {
		turn := uint(op / 64)
		for range 64 {
			to.slot[(i*7)&mask] = from.slot[(i*3+turn)&mask]
			i++
		}
		steps.step()
	}
	sum := uint64(0)
	for _, item := range to.slot {
		if item != nil {
			sum += item.value
		}
	}
	out.checksum.Add(sum)
}

func gcPointerStore(p gcParams, out *gcOutcome) {
	table := liveGraph(p.size/liveTreeBytes + pageSlots)
	targets := makeTable[gcItem](p.procs * pageSlots)
	opsEach := p.ops/p.procs + 64
	runtime.GC() // none shall be under way
	out.start()
	inParallel(p.procs, func(id int) {
		storePointers(opsEach, table.pages[0], targets.pages[id], out)
	})
	out.stop(opsEach * p.procs)
	runtime.KeepAlive(table)
}

func gcPointerStoreMarking(p gcParams, out *gcOutcome) {
	table := liveGraph(p.size/liveTreeBytes + pageSlots)
	targets := makeTable[gcItem](pageSlots)
	var collecting, over atomic.Bool
	inParallel(2, func(id int) {
		if id == 1 {
			for !over.Load() {
				collecting.Store(true)
				runtime.GC()
			}
			return
		}
		for !collecting.Load() {
			runtime.Gosched()
		}
		out.start()
		storePointers(p.ops, table.pages[0], targets.pages[0], out)
		out.stop(p.ops)
		over.Store(true)
	})
	runtime.KeepAlive(table)
}
