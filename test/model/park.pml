// SPDX-License-Identifier: Apache-2.0
//
// Parking a goroutine and waking it: src/sched/park.h and park.cc, and how channels and select
// use them.
//
// What it models, and where that stands in the source:
//   machine()    two Ms that execute one goroutine: it looks, queues its sudog, parks (park,
//                park_commit, park_until) and comes back, maybe on the other M
//   waker()      lock, dequeue() with the claim of a select, result, unlock, ready(); leaves the
//                event when nobody waits
//   deadline()   deadline_came(), the alarm of park_until()
//   thread()     a foreign thread instead of the goroutine: it parks on a futex of its own
//                (park_foreign) until a deadline, which needs no alarm
//   frame        the memory of the sudog and the alarm, on the goroutine's stack: number of the
//                wait, 0 when it is gone
// No store buffers: all that is handed over goes through a lock, which is a locked instruction at
// both ends.
//
// Properties:
//   - the goroutine is never executed before its context is saved, never on two Ms, never made
//     runnable twice
//   - a waker and the alarm touch a sudog only while that very wait lasts (frame)
//   - no event is lost: the goroutine gets them all (invalid end states), each once
//
// Bounds: one goroutine, 2 Ms, 2 wakers of EVENTS events each; SELECT: each waker has an object
// of its own, and the goroutine waits for both; DEADLINE: the alarm may go off ALARMS times;
// FOREIGN: the thread's time may come ALARMS times.
//
// CONFIG plain:    -DEVENTS=2 -DSELECT=0 -DDEADLINE=0
// CONFIG select:   -DEVENTS=3 -DSELECT=1 -DDEADLINE=0
// CONFIG deadline: -DEVENTS=3 -DSELECT=0 -DDEADLINE=1
// CONFIG foreign:  -DEVENTS=3 -DSELECT=0 -DDEADLINE=0 -DFOREIGN
//
// MUTANT 1 plain: park: the lock is released after the context is saved
// MUTANT 2 plain: park: look and queueing under one lock
// MUTANT 3 plain: waker: lock
// MUTANT 4 select: dequeue: compare-and-swap of select_done
// MUTANT 5 plain: waker: the result is written before ready()
// MUTANT 6 select: select: takes its other sudogs off, before its frame goes
// MUTANT 7 deadline: deadline_came: re-check that the sudog is still queued
// MUTANT 8 deadline: park_until: alarm_stop waits for the function to end
// MUTANT 9 deadline: deadline_came: lock
// MUTANT 10 deadline: park_until: stops the alarm
// MUTANT 11 select: dequeue: looks at select_done
// MUTANT 12 deadline: dequeue: takes the sudog off its list, under the lock
// MUTANT 13 foreign: park_until, on a thread: re-check that the sudog is still queued
// MUTANT 14 foreign: park_until, on a thread: waits for the wakeup that is on its way
// MUTANT 15 foreign: park_foreign: takes the wakeup by one exchange
#ifndef MUTANT
#define MUTANT 0
#endif
#define OBJECTS (1 + SELECT)
#define ALARMS 2
#define TOTAL (2 * EVENTS)

bool locked[2];
bool queued[2];
byte left_over[2];     // events that nobody waited for, under the object's lock
bool select_done;
bool result, timed_out;
byte frame, waits;
byte got;

byte run_queue;        // how often the goroutine is in it
bool saved = 1, resumed;
byte on;               // 1 + the M it runs on
bool waiting;

bool alarm_queued, alarm_running;
bool wakeups;          // the thread's futex

inline acquire(c) { atomic { !locked[c] -> locked[c] = 1 } }
inline release(c) { locked[c] = 0 }

inline ready() {
#ifdef FOREIGN
  d_step { assert(waiting && !wakeups); waiting = 0; wakeups = 1 }
#else
  d_step { assert(waiting); waiting = 0; run_queue++; assert(run_queue == 1) }
#endif
}

inline save() {
  d_step { assert(on == m + 1); saved = 1; on = 0; resumed = 1; waiting = 1 }
}

proctype machine(byte m) {
execute:
end:
  atomic { run_queue > 0 -> run_queue--; assert(saved && on == 0); saved = 0; on = m + 1 }
  if
  :: resumed ->
    // back from park
    d_step { assert(result != timed_out); got = got + result; resumed = 0; result = 0 }
#if DEADLINE
    if
#if MUTANT == 10
    :: true
#else
    :: timed_out
    :: !timed_out ->
      if
      :: atomic { alarm_queued -> alarm_queued = 0 }
#if MUTANT == 8
      :: !alarm_queued
#else
      :: !alarm_queued && !alarm_running
#endif
      fi
#endif
    fi;
    timed_out = 0;
#endif
#if SELECT && MUTANT != 6
    acquire(0); queued[0] = 0; release(0);
    acquire(1); queued[1] = 0; release(1);
#endif
    d_step { frame = 0; select_done = 0 }
  :: else
  fi;
  do
  :: got == TOTAL -> goto finished
  :: else ->
    acquire(0);
#if SELECT
    acquire(1);
#endif
    if
    :: left_over[0] > 0 -> left_over[0]--; got++
    :: left_over[0] == 0 && left_over[1] > 0 -> left_over[1]--; got++
    :: else -> break
    fi;
    release(0);
#if SELECT
    release(1)
#endif
  od;
#if MUTANT == 2
  release(0);
  acquire(0);
#endif
  atomic { waits++; frame = waits; queued[0] = 1; queued[1] = SELECT; alarm_queued = DEADLINE }
#if MUTANT == 1
  release(0);
  save();
#else
  // The rest runs on g0.
  save();
  release(0);
#endif
#if SELECT
  release(1);
#endif
  goto execute;
finished:
  on = 0
}

proctype waker(byte c) {
  byte left = EVENTS;
  byte its;
  bool won;
  do
  :: left > 0 ->
    left--;
#if MUTANT != 3
    acquire(c);
#endif
    if
    :: queued[c] ->
      its = frame;
      assert(its != 0);
#if MUTANT != 12
      queued[c] = 0;
#endif
#if SELECT
#if MUTANT == 11
      won = 1;
#elif MUTANT == 4
      won = !select_done;
      if
      :: won -> select_done = 1
      :: else
      fi;
#else
      d_step { won = !select_done; select_done = 1 }
#endif
#else
      won = 1;
#endif
    :: else
    fi;
    if
    :: won ->
#if MUTANT == 5
      release(c);
      ready();
      d_step { assert(frame == its); result = 1 }
#else
      d_step { assert(frame == its); result = 1 }
      release(c);
      ready();
#endif
#if MUTANT == 12
      queued[c] = 0
#endif
    :: else ->
      left_over[c]++;
      release(c)
    fi;
    d_step { won = 0; its = 0 }
  :: else -> break
  od
}

#if DEADLINE
proctype deadline() {
  byte left = ALARMS;
  byte its;
  do
  :: left > 0 ->
    left--;
end:
    d_step { alarm_queued -> alarm_queued = 0; alarm_running = 1; its = frame }
#if MUTANT != 9
    acquire(0);
#endif
    assert(frame == its);
    if
#if MUTANT == 7
    :: true ->
#else
    :: queued[0] ->
#endif
      queued[0] = 0;
      d_step { assert(frame == its); timed_out = 1 }
      release(0);
      ready()
#if MUTANT != 7
    :: else -> release(0)
#endif
    fi;
    d_step { alarm_running = 0; its = 0 }
  :: else -> break
  od
}
#endif

#ifdef FOREIGN
proctype thread() {
  byte left = ALARMS;
  bool woken;
  do
  :: true ->
    do
    :: got == TOTAL -> goto finished
    :: else ->
      acquire(0);
      if
      :: left_over[0] > 0 -> left_over[0]--; got++
      :: else -> break
      fi;
      release(0)
    od;
    atomic { waits++; frame = waits; queued[0] = 1; waiting = 1 }
    release(0);
    if
    :: wakeups
    :: left > 0 -> left--  // its time has come
    fi;
#if MUTANT == 15
    woken = wakeups;
    wakeups = 0;
#else
    d_step { woken = wakeups; wakeups = 0 }
#endif
    if
    :: woken
    :: !woken ->
      acquire(0);
      if
#if MUTANT == 13
      :: true ->
#else
      :: queued[0] ->
#endif
        d_step { queued[0] = 0; timed_out = 1; waiting = 0 }
        release(0)
#if MUTANT != 13
      :: else ->
        release(0);
#if MUTANT != 14
        d_step { wakeups -> wakeups = 0 }
#endif
        skip
#endif
      fi
    fi;
    d_step {
      assert(result != timed_out);
      got = got + result;
      result = 0;
      timed_out = 0;
      frame = 0;
      woken = 0
    }
  od;
finished:
  skip
}
#endif

proctype quiescence() {
  got == TOTAL;
end:
  timeout -> assert(run_queue == 0 && left_over[0] == 0 && left_over[1] == 0)
}

init {
  atomic {
#ifdef FOREIGN
    run thread();
#else
    run_queue = 1;
    run machine(0);
    run machine(1);
#endif
    run waker(0);
    run waker(SELECT);
#if DEADLINE
    run deadline();
#endif
    run quiescence()
  }
}
