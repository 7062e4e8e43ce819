// SPDX-License-Identifier: Apache-2.0
//
// Threads that stand still at the border in a stop, without a signal: src/sched/standing.h, and
// wait_for_end_of_stop() in src/sched/border.cc. What the border itself promises is border.pml's.
//
// What it models, and where that stands in the source:
//   machine()   an M that crosses the border; when a stop asks, or holds its P, it waits there. Its
//               stores go through a store buffer (tso.h)
//   stopper()   scheduler stops one after another, each of which then looks whether the M stands
//               still (stands_at()), and if so at its stack (registers[])
//
// Properties:
//   - who is taken for one that stands still waits, and does so until the stop is over
//   - what it had in registers is on the stack by then
//   - nobody waits for ever
//
// Bounds: 1 M, buffers of 3 stores, CROSSINGS crossings, STOPS stops. FENCES: without membarrier.
//
// CONFIG stops:  -DSTOPS=3 -DCROSSINGS=4
// CONFIG fences: -DSTOPS=3 -DCROSSINGS=4 -DFENCES
//
// MUTANT 1 stops: waits_at cleared before the M leaves
// MUTANT 2 stops: registers on the stack before waits_at says so (release)
// MUTANT 3 fences: waits_at read after `borrowed` (acquire)
#ifndef MUTANT
#define MUTANT 0
#endif

#define THREADS 1
#define BUF 3
#define CELLS 4
#include "tso.h"

#define IN 0
#define BORDER 1
#define WAITS_AT 2
#define STACK 3

// M::border
#define OWNED 1
#define BORROWED 3
#define STOPPING 4

byte stops_left = STOPS;

// What is true, as against what memory holds.
bool waits;       // between its registers' saving and its look that ends the wait
byte registers;   // what they hold

inline wait_for_end_of_stop() {
  waits = 1;
#if MUTANT == 2
  store(0, WAITS_AT, 1);
  store(0, STACK, registers);
#else
  store(0, STACK, registers);
  store(0, WAITS_AT, 1);
#endif
  cas(0, BORDER, STOPPING, BORROWED, won);
  atomic { mem[BORDER] != BORROWED -> waits = 0 };  // wakes.pml
#if MUTANT != 1
  store(0, WAITS_AT, 0);
#endif
  skip
}

proctype machine() {
  byte left = CROSSINGS;
  byte b;
  bool won;
  do
  :: left > 0 ->
    left--;
    store(0, IN, 0);
#if MUTANT == 1
    store(0, WAITS_AT, 0);
#endif
    atomic { registers = (registers + 1) % 3 }
    // User code: short, or a call that blocks for longer than the stops last.
    if
    :: true
    :: stops_left == 0
    fi;
    store(0, IN, 1);
#ifdef FENCES
    fence(0);
#endif
    load(0, BORDER, b);
    do
    :: b == OWNED -> break
    :: else ->
      wait_for_end_of_stop();
      load(0, BORDER, b)
    od;
    atomic { registers = (registers + 1) % 3; b = 0; won = 0 }
  :: else -> break
  od;
  // The run's end, for which no stop waits: the border answers for it.
  do
  :: stops_left > 0 ->
    load(0, BORDER, b);
    if
    :: b != OWNED -> wait_for_end_of_stop()
    :: b == OWNED
    fi
  :: else -> break
  od
}

proctype buffer() {
end:
  do
  :: flush_oldest(0)
  od
}

inline membarrier() {
#ifndef FENCES
  pending[0] == 0
#else
  skip
#endif
}

proctype stopper() {
  byte at_once;
  do
  :: stops_left > 0 ->
    assert(mem[BORDER] == OWNED);
    mem[BORDER] = STOPPING;
    if
    :: mem[BORDER] == BORROWED
    :: mem[BORDER] == STOPPING -> membarrier()
    fi;
#if MUTANT == 3
    at_once = mem[WAITS_AT];
#endif
    // Polls, until the M is in user code or has answered.
    if
    :: mem[BORDER] == STOPPING && mem[IN] == 0 ->
      mem[BORDER] = (mem[BORDER] == STOPPING -> BORROWED : mem[BORDER])
    :: mem[BORDER] == BORROWED
    fi;
#if MUTANT != 3
    at_once = mem[WAITS_AT];
#endif
    if
    :: at_once == 1 ->
      assert(waits);
      assert(mem[STACK] == registers);
      assert(waits)
    :: else  // asked by a signal
    fi;
    atomic { at_once = 0; mem[BORDER] = OWNED; stops_left-- }
  :: else -> break
  od
}

init {
  atomic {
    mem[IN] = 1;
    mem[BORDER] = OWNED;
    run machine();
    run buffer();
    run stopper()
  }
}
