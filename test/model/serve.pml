// SPDX-License-Identifier: Apache-2.0
//
// Alarms while no run is on: sysmon keeps time. docs/design/scheduler_parking.md.
//
// What it models, and where that stands in the source (src/sched):
//   server()     serve_without_world() with sleep_while(); once a run is on, it looks all the time
//   outsider()   alarm_start() by a thread without a P, with wake_timekeeper() and wake_sysmon()
//   beginner()   the start of a run (run_world())
// Stores of `active` and of a heap's earliest alarm go through buffers (tso.h); the heap's lock is
// no fence.
//
// Time is that of timekeeper.pml: alarm 1 falls due at any moment, alarm 2 when nothing else can
// happen.
//
// Properties: each alarm runs when its time has come; sysmon does not sleep through a run.
//
// Bounds: two heaps, one alarm each. ALONE: no run ever starts.
//
// CONFIG begins: -DBEGINS
// CONFIG alone:  -DALONE
//
// MUTANT 1 alone: alarm_start: wakes sysmon
// MUTANT 2 begins: sysmon: looks again after it has said that it sleeps
// MUTANT 3 begins: the start of a run: full fence before the look at whether sysmon sleeps
// MUTANT 4 begins: the start of a run: wakes sysmon
// MUTANT 5 alone: alarm_start: full fence before the look at whether sysmon sleeps
#ifndef MUTANT
#define MUTANT 0
#endif
#define THREADS 3  // of the run, and two without a P
#define BUF 2
#define CELLS 4
#include "tso.h"

// Cells are counted from 1: an emptied place in a buffer names cell 0.
#define HEAP(h) (1 + (h))
#define ACTIVE 3
#define NEVER 3

byte now;
byte ran;        // bit t: alarm t has run
byte alarms[2];  // bit t: alarm t is in the heap; under the heap's lock

#define EARLIEST(set) ((set) & 2 -> 1 : ((set) & 4 -> 2 : NEVER))
#define DUE(set) ((set) & (now == 2 -> 6 : (now == 1 -> 2 : 0)))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define PENDING(cell) \
  (at[0] == (cell) || at[1] == (cell) || at[2] == (cell) || at[3] == (cell) || \
   at[4] == (cell) || at[5] == (cell))

// Without the wait for the heap's lock.
inline add_here(t, h, when) {
  alarms[h] = alarms[h] | (1 << when);
  store(t, HEAP(h), EARLIEST(alarms[h]))
}

// All alarms of a heap that are due.
inline run_due(h) {
  atomic {
    !PENDING(HEAP(h)) ->
    ran = ran | DUE(alarms[h]);
    alarms[h] = alarms[h] & ~DUE(alarms[h]);
    mem[HEAP(h)] = EARLIEST(alarms[h])
  }
}

// Each heap at its own moment.
inline earliest_alarm(x) { x = mem[HEAP(0)]; x = MIN(x, mem[HEAP(1)]) }

bool asleep, woken;

inline wake_sysmon(won) {
  if
  :: asleep ->
    d_step { won = asleep; asleep = 0 }
    if
    :: won -> won = 0; woken = 1
    :: else
    fi
  :: else
  fi
}

proctype outsider(byte t, when) {
  bool won;
  atomic { !PENDING(HEAP(when - 1)) -> add_here(t, when - 1, when) }
#if MUTANT != 5
  fence(t);
#endif
  if
#if MUTANT != 1
  :: !mem[ACTIVE] -> wake_sysmon(won)
#endif
  :: else
  fi
}

proctype beginner() {
  bool won;
  store(0, ACTIVE, 1);
#if MUTANT != 3
  fence(0);
#endif
#if MUTANT != 4
  wake_sysmon(won)
#endif
  skip
}

proctype server() {
  byte x, y;
  bool idle;
  do
  :: mem[ACTIVE] -> break
  :: else ->
    earliest_alarm(x);
    if
    :: x <= now -> run_due(0); run_due(1)
    :: else ->
      woken = 0;
      asleep = 1;
#if MUTANT == 2
      idle = 1;
#else
      idle = !mem[ACTIVE];
      earliest_alarm(y);
      idle = idle && y >= x;
#endif
      if
      :: idle ->
end_sleep:
        if
        :: woken
        :: x <= now
        fi
      :: else
      fi;
      asleep = 0;
      atomic { idle = 0; y = 0 }
    fi;
    x = 0
  od;
  // A run is on: it looks at short intervals.
end:
  do
  :: mem[HEAP(0)] <= now -> run_due(0)
  :: mem[HEAP(1)] <= now -> run_due(1)
  od
}

proctype buffer(byte m) {
end:
  do
  :: flush_oldest(m)
  od
}

proctype clock() {
  now = 1;
  timeout -> assert(ran & 2);
  now = 2;
  timeout -> assert(ran == 6);
#ifdef BEGINS
  assert(mem[ACTIVE] && !asleep)
#endif
}

init {
  atomic {
    mem[HEAP(0)] = NEVER;
    mem[HEAP(1)] = NEVER;
    run buffer(0);
    run buffer(1);
    run buffer(2);
    run server();
#ifdef BEGINS
    run beginner();
#endif
    run outsider(1, 1);
    run outsider(2, 2);
    run clock()
  }
}
