// SPDX-License-Identifier: Apache-2.0
//
// The border between user code and the runtime: src/sched/border.h and border.cc,
// docs/design/border.md.
//
// What it models, and where that stands in the source:
//   machine()    an M: runtime_scope, switching_scope and their slow paths (enter_slow,
//                enter_switching_slow), release_p() and acquire_p() of the scheduler; its stores
//                go through a store buffer (tso.h)
//   sysmon()     a retaker: note (M, P, schedtick), ask, heavy fence, look again, take or give
//                back
//   stopper()    a stop of the world: rounds of asking and borrowing, its own writing, giving
//                back; may retire one P
//   pool         the idle Ps, under sched.lock: one step, for a lock is a locked instruction at
//                both ends
// The retakers' stores need no buffer: all that matters are compare-and-swaps, and between the
// stores that end a stop and the next load stands the unlocking of retake_lock.
//
// Properties:
//   - no two at a time use a P, or a P that another owns (inside[])
//   - whoever uses a P sees its data as last written by the one before (data[] against the cell)
//   - a retaker takes only what it noted: the same goroutine still runs there (tick[])
//   - at the end every P is idle or retired, once: none lost, none doubled (quiescence, the
//     assertions at `pool`)
//   - nobody waits for ever (invalid end states): an M on a borrowed P, on the pool
//   - a stop needs nobody to come out of user code: it ends although Ms may stay there until it
//     has
//
// Bounds: 2 Ms, PS Ps, buffers of 3 stores, M 0 crosses CROSSINGS times and M 1 OTHER_CROSSINGS
// (1) times, RETAKERS retakers of one attempt each, STOPS stops. FENCES: the variant without
// membarrier, where both fences are full ones.
//
// CONFIG stop:    -DPS=1 -DCROSSINGS=1 -DRETAKERS=1 -DSTOPS=1
// CONFIG longer:  -DPS=1 -DCROSSINGS=2 -DRETAKERS=1 -DSTOPS=1 -DOTHER_CROSSINGS=0
// CONFIG two:     -DPS=2 -DCROSSINGS=2 -DRETAKERS=1 -DSTOPS=0 -DOTHER_CROSSINGS=0
// CONFIG retire:  -DPS=2 -DCROSSINGS=1 -DRETAKERS=0 -DSTOPS=1
// CONFIG rivals:  -DPS=1 -DCROSSINGS=2 -DRETAKERS=2 -DSTOPS=0 -DOTHER_CROSSINGS=0
// CONFIG fences:  -DPS=1 -DCROSSINGS=1 -DRETAKERS=1 -DSTOPS=1 -DFENCES
//
// MUTANT 1 two: leave: in_runtime = 0 not ordered after the P's data (release)
// MUTANT 2 two: enter: light fence (the load of border before the store of in_runtime)
// MUTANT 3 two: retaker: membarrier
// MUTANT 4 fences: enter, without membarrier: full fence
// MUTANT 5 stop: enter: compare-and-swap stopping → borrowed
// MUTANT 6 stop: enter: compare-and-swap asked → owned
// MUTANT 7 longer: retaker: compare-and-swap owned → asked
// MUTANT 8 two: retaker: re-check of M::p
// MUTANT 9 two: retaker: re-check of schedtick
// MUTANT 10 two: retaker: look at in_runtime
// MUTANT 11 stop: retaker: compare-and-swap asked → taken
// MUTANT 12 longer: retaker: compare-and-swap asked → owned
// MUTANT 13 stop: stop: membarrier
// MUTANT 14 stop: stop: look at in_runtime
// MUTANT 15 longer: stop: compare-and-swap owned → stopping
// MUTANT 16 two: retaker: in_runtime not read before M::p and schedtick (acquire)
// MUTANT 17 rivals: retaker: retake_lock
// MUTANT 18 fences: retaker, without membarrier: full fence (in_runtime read before asking)
// MUTANT 19 stop: enter: wait while borrowed
// MUTANT 20 stop: stop: data written before the P is given back (release)
// MUTANT 21 stop: stop: a state of its own (asked for both, and a flag that says a stop is pending)
// MUTANT 22 two: enter: look at border
// MUTANT 23 stop: stop: looks again, in later rounds, at Ms that were in the runtime when asked
#ifndef MUTANT
#define MUTANT 0
#endif

#ifndef OTHER_CROSSINGS
#define OTHER_CROSSINGS 1
#endif

#define MS 2
#define THREADS MS
#define BUF 3
#define CELLS 10
#include "tso.h"

#define IN(m) (m)
#define BORDER(m) (2 + (m))
#define MP(m) (4 + (m))
#define DATA(p) (6 + (p))
#define TICK(p) (8 + (p))

// M::border
#define TAKEN 0
#define OWNED 1
#define ASKED 2
#define BORROWED 3
#if MUTANT == 21
#define STOPPING ASKED
#else
#define STOPPING 4
#endif

#define NONE 3
#define ALL ((1 << PS) - 1)

bool retake_lock;
byte pool;      // bit p: P p is idle
byte retired;
byte done;
bool stop_over;
#if MUTANT == 21
bool stop_pending;
#endif

// What is true, as against what memory holds: not part of the protocol.
bool inside[PS];
byte data[PS];
byte tick[PS];

inline use_p() {
  d_step {
    assert(p != NONE && !inside[p]);
    inside[p] = 1;
    b = FORWARD(m, DATA(p));
    assert(b == data[p]);
    b = 0
  }
  d_step {
    pending[m] < BUF ->
    assert(inside[p]);
    data[p]++;
    at[m * BUF + pending[m]] = DATA(p);
    value[m * BUF + pending[m]] = data[p];
    pending[m]++;
    inside[p] = 0
  }
}

// Another goroutine runs on the same P.
inline execute() {
  d_step {
    pending[m] < BUF ->
    tick[p]++;
    at[m * BUF + pending[m]] = TICK(p);
    value[m * BUF + pending[m]] = tick[p];
    pending[m]++
  }
}

inline put_idle(p) { assert(!(pool & (1 << p))); pool = pool | (1 << p) }

// A plain store: while an M is in the runtime nobody else can end an `asked` but by putting
// `owned` back, which this may overwrite, and in_runtime = 0 comes after it.
inline release_p() {
  store(m, MP(m), NONE);
  store(m, BORDER(m), TAKEN);
  d_step { pending[m] == 0 -> put_idle(p); p = NONE }
}

inline acquire_p() {
  atomic {
    pending[m] == 0 && pool != 0 ->
    if
    :: pool & 1 -> p = 0
    :: pool & 2 -> p = 1
    fi;
    pool = pool & ~(1 << p)
  }
  store(m, MP(m), p);
  store(m, BORDER(m), OWNED);
  execute()
}

inline leave() {
#if MUTANT == 1
  if
  :: p != NONE -> store(m, IN(m), 0); use_p()
  :: else -> store(m, IN(m), 0)
  fi
#else
  if
  :: p != NONE -> use_p()
  :: else
  fi;
  store(m, IN(m), 0)
#endif
}

inline enter() {
#if MUTANT == 2
  load(m, BORDER(m), b);
  store(m, IN(m), 1);
#else
  store(m, IN(m), 1);
#if defined(FENCES) && MUTANT != 4
  fence(m);
#endif
  load(m, BORDER(m), b);
#endif
  do
#if MUTANT == 22
  :: b != OWNED -> b = OWNED
#else
  :: b == ASKED ->
#if MUTANT == 21
    if
    :: stop_pending -> cas(m, BORDER(m), ASKED, BORROWED, won)
    :: !stop_pending -> cas(m, BORDER(m), ASKED, OWNED, won)
    fi;
#elif MUTANT == 6
    load_then_store(m, BORDER(m), ASKED, OWNED, won);
#else
    cas(m, BORDER(m), ASKED, OWNED, won);
#endif
    load(m, BORDER(m), b)
#if MUTANT != 21
  :: b == STOPPING ->
#if MUTANT == 5
    load_then_store(m, BORDER(m), STOPPING, BORROWED, won);
#else
    cas(m, BORDER(m), STOPPING, BORROWED, won);
#endif
    load(m, BORDER(m), b)
#endif
  :: b == BORROWED ->
#if MUTANT == 19
    b = OWNED
#else
    d_step { mem[BORDER(m)] != BORROWED -> b = mem[BORDER(m)] }  // wakes.pml
#endif
  :: b == TAKEN ->
    p = NONE;
    store(m, MP(m), NONE);
    if
    :: acquire_p()  // switching
    :: true         // non-switching: goes on without
    fi;
    break
#endif
  :: b == OWNED -> break
  od;
  atomic { b = 0; won = 0 }
}

proctype machine(byte m) {
  byte p = (m < PS -> m : NONE);
  byte b;
  byte left = (m == 0 -> CROSSINGS : OTHER_CROSSINGS);
  bool won;
  do
  :: left > 0 ->
    left--;
    leave();
    // User code: short, or a call that blocks for longer than any stop may last.
    if
    :: true
    :: STOPS -> stop_over
    fi;
    enter();
    if
    :: p != NONE ->
      if
      :: true
      :: execute()
      :: use_p(); release_p(); acquire_p()
      :: use_p(); release_p()  // run()'s thread, at the end
      fi
    :: else
    fi
  :: else -> break
  od;
  if
  :: p != NONE -> use_p(); release_p()
  :: else
  fi;
  done++
}

proctype buffer(byte m) {
end:
  do
  :: flush_oldest(m)
  od
}

// Interrupts one processor after another: no single instant at which all buffers are empty.
inline membarrier() {
#ifndef FENCES
  pending[0] == 0;
  pending[1] == 0;
#endif
  skip
}

inline swap_word(cell, old, new, won) {
  d_step {
    won = (mem[cell] == old);
    if
    :: won -> mem[cell] = new
    :: else
    fi
  }
}

// A mutant's compare-and-swap, and what suffices where nobody else can write.
inline load_and_store(cell, old, new, won) {
  won = (mem[cell] == old);
  if
  :: won -> mem[cell] = new
  :: else
  fi
}

inline use_p_directly() {
  d_step { assert(!inside[p]); inside[p] = 1; assert(mem[DATA(p)] == data[p]) }
  d_step { assert(inside[p]); data[p]++; mem[DATA(p)] = data[p]; inside[p] = 0 }
}

proctype sysmon() {
  byte v, p, t;
  bool won, in, same;
  if
  :: v = 0
  :: v = 1
  fi;
  p = mem[MP(v)];
  if
  :: p == NONE -> goto finished
  :: else
  fi;
  t = mem[TICK(p)];
#if MUTANT != 17
  atomic { !retake_lock -> retake_lock = 1 }
#endif
#if MUTANT == 18
  in = mem[IN(v)];
#endif
#if MUTANT == 7
  load_and_store(BORDER(v), OWNED, ASKED, won);
#else
  swap_word(BORDER(v), OWNED, ASKED, won);
#endif
  if
  :: won ->
#if MUTANT != 3
    membarrier();
#endif
#if MUTANT == 16
    same = (mem[MP(v)] == p && mem[TICK(p)] == t);
#endif
#if MUTANT == 10
    in = 0;
#elif MUTANT != 18
    in = mem[IN(v)];
#endif
#if MUTANT == 8
    same = (mem[TICK(p)] == t);
#elif MUTANT == 9
    same = (mem[MP(v)] == p);
#elif MUTANT != 16
    same = (mem[MP(v)] == p && mem[TICK(p)] == t);
#endif
    if
    :: !in && same ->
#if MUTANT == 11
      load_and_store(BORDER(v), ASKED, TAKEN, won);
#else
      swap_word(BORDER(v), ASKED, TAKEN, won);
#endif
      assert(!won || tick[p] == t)
    :: else ->
#if MUTANT == 12
      load_and_store(BORDER(v), ASKED, OWNED, won);
#else
      swap_word(BORDER(v), ASKED, OWNED, won);
#endif
      won = 0
    fi
  :: else
  fi;
  retake_lock = 0;
  if
  :: won ->
    use_p_directly();
    d_step { put_idle(p) }
  :: else
  fi;
finished:
  atomic { p = 0; t = 0; v = 0; in = 0; same = 0; won = 0; done++ }
}

#if MUTANT == 23
#define TO_ASK(m) (mem[BORDER(m)] == OWNED)
#else
#define TO_ASK(m) (mem[BORDER(m)] == OWNED || (mem[BORDER(m)] == STOPPING && mem[IN(m)] == 0))
#endif
#define STOPPED(m) (mem[BORDER(m)] == BORROWED -> 1 << mem[MP(m)] : 0)

#define UNANSWERED(m) ((fresh >> (m) & 1) && mem[BORDER(m)] == STOPPING)

#if STOPS
proctype stopper() {
  byte held, v, p, fresh;
  bool won;
#if MUTANT == 21 || MUTANT == 23
  bool asked[MS];
#endif
  atomic { !retake_lock -> retake_lock = 1 }
#if MUTANT == 21
  stop_pending = 1;
#endif
  do
  :: pool != 0 || TO_ASK(0) || TO_ASK(1) || (held | retired | STOPPED(0) | STOPPED(1)) == ALL ->
    // It polls; a round that finds nothing new is left out, so that a stop that never ends is a
    // state without a successor. Idle Ps, and those that Ms in the runtime give up. An M that was
    // in the runtime stays asked: its next entry meets it.
    d_step { held = held | pool; pool = 0 }
    do
    :: v < MS ->
#if MUTANT == 15
      load_and_store(BORDER(v), OWNED, STOPPING, won);
#else
      swap_word(BORDER(v), OWNED, STOPPING, won);
#endif
#if MUTANT == 21 || MUTANT == 23
      asked[v] = won;
#endif
      d_step { fresh = fresh | (won << v); v++ }
    :: else -> break
    od;
#if MUTANT != 13
    // Who has answered by himself need not be fenced, nor who was fenced in an earlier round.
    if
    :: UNANSWERED(0) || UNANSWERED(1) -> membarrier()
    :: else
    fi;
#endif
    atomic { v = 0; fresh = 0; won = 0 }
    do
    :: v < MS ->
      if
#if MUTANT == 14
      :: true ->
#elif MUTANT == 23
      :: asked[v] && mem[IN(v)] == 0 ->
#else
      :: mem[IN(v)] == 0 ->
#endif
        // Load and plain store: out of user code, and from `stopping`, there is no way but to
        // `borrowed`.
        load_and_store(BORDER(v), STOPPING, BORROWED, won)
      :: else ->
#if MUTANT == 21
        swap_word(BORDER(v), STOPPING, OWNED, won)
#endif
        skip
      fi;
      v++
    :: else -> break
    od;
    atomic { v = 0; p = held | retired | STOPPED(0) | STOPPED(1) }
    if
    :: p == ALL -> break
    :: else
    fi
  od;
  p = 0;
#if MUTANT == 20
  mem[BORDER(0)] = (mem[BORDER(0)] == BORROWED -> OWNED : mem[BORDER(0)]);
#endif
  do
  :: p < PS -> use_p_directly(); p++
  :: else -> break
  od;
#if MUTANT == 21
  stop_pending = 0;
#endif
  // Plain stores: no other ends a `borrowed`.
  do
  :: v < MS ->
    if
    :: mem[BORDER(v)] == BORROWED -> mem[BORDER(v)] = OWNED
#if PS == 2
    :: mem[BORDER(v)] == BORROWED && !retired ->
      d_step { retired = retired | (1 << mem[MP(v)]); mem[BORDER(v)] = TAKEN }
#endif
    :: else
    fi;
    v++
  :: else -> break
  od;
  atomic { pool = pool | held; held = 0; p = 0; v = 0; won = 0 }
  atomic { retake_lock = 0; stop_over = 1; done++ }
}
#endif

proctype quiescence() {
  done == MS + RETAKERS + STOPS && pending[0] == 0 && pending[1] == 0;
  assert((pool | retired) == ALL && !(pool & retired))
}

init {
  atomic {
    mem[IN(0)] = 1;
    mem[IN(1)] = 1;
    mem[BORDER(0)] = OWNED;
    mem[MP(0)] = 0;
#if PS == 2
    mem[BORDER(1)] = OWNED;
    mem[MP(1)] = 1;
#else
    mem[MP(1)] = NONE;
#endif
    run buffer(0);
    run buffer(1);
    run machine(0);
    run machine(1);
#if RETAKERS > 0
    run sysmon();
#endif
#if RETAKERS > 1
    run sysmon();
#endif
#if STOPS
    run stopper();
#endif
    run quiescence()
  }
}
