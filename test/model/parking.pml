// SPDX-License-Identifier: Apache-2.0
//
// Parking and unparking of Ms: who wakes whom when there is work.
// docs/design/scheduler_parking.md.
//
// What it models, and where that stands in the source (src/sched):
//   worker()     an M: find_runnable() with its re-checks, execute(), its sleep on its note, and
//                coming back from user code without a P (queue_up)
//   submit()     ready() and go on a P: the tail of the P's ring is a release store, through a
//                store buffer (tso.h)
//   outsider()   ready() of a thread without a P: the global queue, under sched.guard
//   wake_p()     one spinning M at a time
//   sysmon()     hand_off_p() of a P taken from an M in user code (border.pml has the taking)
//   stopper()    a stop of the world, as far as it takes Ps out of this protocol and puts them
//                back
// A section under sched.guard is one step: its lock is a locked instruction at both ends. An item
// of work either returns or stays for good; so that "somebody will find it when he is done" does
// not count as found.
//
// Properties:
//   - work conservation: every item is started although all those started before may stay on
//     their Ps (there are enough Ps); so no item lies in a queue while Ms sleep (invalid end
//     states)
//   - the count of spinning Ms is theirs: never negative, 0 at the end
//   - no M gets a P that another has
//   - a stop gets all Ps
//
// Only P 0's ring ever has items, since only its goroutine submits, and only its M takes a share of
// the global queue (SHARE); so only that one is looked at (runq.pml has the ring). Bounds: NP Ps,
// NM Ms, one goroutine that submits LOCAL items from its P, OUTSIDE threads with one item each.
// `full` has more items than Ps: there, items return. TAKEN: sysmon has just taken P 1. RETAKES:
// M 1 has P 1 and stays in user code; sysmon takes one P. COMEBACK: its M comes back.
//
// CONFIG local:   -DNP=3 -DNM=5 -DLOCAL=2 -DOUTSIDE=0
// CONFIG full:    -DNP=2 -DNM=4 -DLOCAL=3 -DOUTSIDE=0
// CONFIG busy:    -DNP=2 -DNM=5 -DLOCAL=2 -DOUTSIDE=1
// CONFIG mixed:   -DNP=3 -DNM=5 -DLOCAL=1 -DOUTSIDE=1
// CONFIG outside: -DNP=3 -DNM=5 -DLOCAL=0 -DOUTSIDE=2
// CONFIG share:   -DNP=2 -DNM=4 -DLOCAL=0 -DOUTSIDE=2 -DSHARE
// CONFIG handoff: -DNP=3 -DNM=4 -DLOCAL=2 -DOUTSIDE=0 -DTAKEN
// CONFIG handone: -DNP=3 -DNM=4 -DLOCAL=1 -DOUTSIDE=0 -DTAKEN
// CONFIG comeback: -DNP=2 -DNM=4 -DLOCAL=0 -DOUTSIDE=0 -DRETAKES -DCOMEBACK
// CONFIG stop:    -DNP=2 -DNM=4 -DLOCAL=0 -DOUTSIDE=1 -DRETAKES -DSTOP
//
// MUTANT 1 local: submit: full fence between the tail of the ring and the look at spinning
// MUTANT 2 local: stop spinning: re-check of the rings
// MUTANT 3 outside: stop spinning: re-check of the global queue
// MUTANT 4 local: stop spinning: the count goes down before the re-check
// MUTANT 5 local: found work: the last spinning M wakes another
// MUTANT 6 full: find_runnable: re-check also by an M that was not spinning
// MUTANT 7 mixed: wake_p: compare-and-swap 0 → 1 of the count
// MUTANT 8 busy: wake_p: the count goes down under the lock, with the look that found no idle P
// (9, the order of the looks in the re-check, is no mutant: the global queue after the rings loses
// nothing, as the search shows.)
// MUTANT 10 handoff: hand_off_p: re-check of the rings when the P is idle
// MUTANT 11 comeback: queue_up: look for an idle P and queueing under one lock
// MUTANT 12 stop: a P given up during a stop goes to the stop, and not to the idle list
// MUTANT 13 stop: the end of a stop: wake_p
// MUTANT 14 handone: hand_off_p: compare-and-swap 0 → 1 of the count
#ifndef MUTANT
#define MUTANT 0
#endif
#define THREADS 1  // only M 0 stores without a lock
#define BUF 2
#define CELLS 1
#include "tso.h"

#define TAIL 0
#define TOTAL (LOCAL + OUTSIDE)
#define NONE 7
#define ALL ((1 << NP) - 1)

byte head;              // taken by compare-and-swap
byte global;            // under sched.guard
byte idle_ps, idle_ms;  // bit sets, under sched.guard
short spinning_ms;      // atomic

bool note[NM];
byte next_p[NM];
bool next_spinning[NM];
byte new_p = NONE;      // with it a new M starts
bool new_spinning;

byte user;              // bit p: its M is in user code, for long, where it may lose it
byte borrowed;          // bit p: a stop has it although its M is in user code
byte stopped;           // bit p: a stop has it
bool stop_pending;

byte submitted = TOTAL;  // or will be
byte started;
byte has_p;             // bit p: some M has P p; not part of the protocol

#define BIT(set, i) (((set) >> (i)) & 1)
#define IDLE_PS (BIT(idle_ps, 0) + BIT(idle_ps, 1) + (NP > 2 -> BIT(idle_ps, 2) : 0))

inline lowest(set, i) {
  i = 0;
  do
  :: BIT(set, i) -> break
  :: else -> i++
  od
}

// `got` is NONE when no P is idle. Under sched.guard.
inline get_idle_p(got) {
  if
  :: idle_ps != 0 && !stop_pending ->
    lowest(idle_ps, got);
    idle_ps = idle_ps & ~(1 << got);
    assert(!BIT(has_p, got));
    has_p = has_p | (1 << got)
  :: else ->
    got = NONE
  fi
}

// Under sched.guard.
inline put_idle_p(given) {
  has_p = has_p & ~(1 << given);
  if
#if MUTANT != 12
  :: stop_pending -> stopped = stopped | (1 << given)
#endif
  :: else -> idle_ps = idle_ps | (1 << given)
  fi
}

// Without an idle M a new one is made, whose thread may take its time: so the next M that goes to
// sleep plays its part.
inline start_m(given, spins, j) {
  if
  :: idle_ms != 0 ->
    lowest(idle_ms, j);
    idle_ms = idle_ms & ~(1 << j);
    next_p[j] = given;
    next_spinning[j] = spins;
    note[j] = 1;
    j = 0
  :: else ->
    assert(new_p == NONE);  // else the bound NM is too small
    new_p = given;
    new_spinning = spins
  fi
}

// The one woken comes up spinning, with the P.
inline wake_p(i, j, won) {
  if
  :: idle_ps == 0
  :: else ->
    if
    :: spinning_ms != 0
    :: else ->
#if MUTANT == 7
      spinning_ms = 1;
      won = 1;
#else
      d_step {
        won = (spinning_ms == 0);
        if
        :: won -> spinning_ms = 1
        :: else
        fi
      }
#endif
      if
      :: won ->
        atomic {
          get_idle_p(i);
          if
          :: i != NONE -> start_m(i, 1, j)
          :: else ->
#if MUTANT != 8
            spinning_ms--
#endif
            skip
          fi;
          won = 0
        }
#if MUTANT == 8
        if
        :: i == NONE -> spinning_ms--
        :: else
        fi;
#endif
        i = 0
      :: else
      fi
    fi
  fi
}

inline become_spinning() { spinning = 1; spinning_ms++ }

inline stop_spinning() { spinning = 0; spinning_ms--; assert(spinning_ms >= 0) }

proctype worker(byte m) {
  byte p = NONE;
  byte i, j;
  byte left;
  bool spinning, won;
  if
  :: m == 0 -> p = 0; left = LOCAL; goto submitting
#ifdef RETAKES
  :: m == 1 -> p = 1; goto stays
#endif
  :: else -> goto woken
  fi;

find:
  // Stealing; the own ring is empty, see above.
  if
  :: spinning
  :: !spinning && 2 * spinning_ms < NP - IDLE_PS -> atomic { become_spinning() }
  :: !spinning && 2 * spinning_ms >= NP - IDLE_PS -> goto look_again
  fi;
  if
  :: mem[TAIL] != head -> goto steal
  :: else
  fi;

look_again:
  atomic {
    if
    :: global > 0 && !stop_pending ->
      global--;
#ifdef SHARE
      // It runs the first; the ring is stored before the count of the queue.
      if
      :: p == 0 && global > 0 -> global--; mem[TAIL] = mem[TAIL] + 1
      :: else
      fi;
#endif
      goto found
    :: else -> put_idle_p(p); p = NONE
    fi
  }
#if MUTANT == 6
  if
  :: !spinning -> goto asleep
  :: else
  fi;
#endif
#if MUTANT != 4
  if
  :: spinning -> atomic { stop_spinning() }
  :: else
  fi;
#endif
  // The re-checks, in the order of any_queue_has_work().
  if
#if MUTANT != 3
  :: global > 0 -> goto take_back
#endif
  :: else
  fi;
  if
#if MUTANT != 2
  :: mem[TAIL] != head -> goto take_back
#endif
  :: else
  fi;
#if MUTANT == 4
  if
  :: spinning -> atomic { stop_spinning() }
  :: else
  fi;
#endif
  goto asleep;

take_back:
  atomic {
#if MUTANT == 4
    if
    :: spinning -> stop_spinning()
    :: else
    fi;
#endif
    get_idle_p(p);
    if
    :: p != NONE -> become_spinning(); goto find
    :: else
    fi
  }

asleep:
  atomic {
    i = 0;
    j = 0;
    won = 0;
    if
    :: new_p != NONE ->
      p = new_p;
      spinning = new_spinning;
      new_p = NONE;
      new_spinning = 0;
      goto find
    :: else -> idle_ms = idle_ms | (1 << m)
    fi
  }
woken:
end_asleep:
  atomic {
    note[m] -> note[m] = 0;
    p = next_p[m];
    spinning = next_spinning[m];
    next_p[m] = 0;
    next_spinning[m] = 0
  }
  goto find;

steal:
  atomic {
    won = (mem[TAIL] != head);
    if
    :: won -> head++
    :: else
    fi
  }
  if
  :: !won -> goto find
  :: else
  fi;

found:
  won = 0;
  if
  :: spinning ->
    atomic { stop_spinning(); won = (spinning_ms == 0) }
    if
    :: won ->
      won = 0;
#if MUTANT != 5
      wake_p(i, j, won)
#endif
      skip
    :: else
    fi
  :: else
  fi;
  started++;
  if
  :: true -> goto find        // it returns
  :: NP > submitted -> goto stays
  fi;

stays:
#ifdef RETAKES
  user = user | (1 << p);
  if
  :: atomic { started == submitted && BIT(user, p) && !BIT(borrowed, p) -> user = user & ~(1 << p) }
    goto find
  :: !BIT(user, p)
  fi;
#ifndef COMEBACK
  atomic { started == submitted -> p = NONE }
  goto asleep;
#endif
#if MUTANT == 11
  atomic { get_idle_p(p) }
  if
  :: p != NONE -> goto find
  :: else
  fi;
  atomic { global++; submitted++ }
#else
  atomic {
    get_idle_p(p);
    if
    :: p != NONE -> goto find
    :: else -> global++; submitted++
    fi
  }
#endif
  goto asleep;
#else
  started == submitted;
  goto find;
#endif

submitting:
#ifdef SHARE
  goto find;
#endif
  do
  :: left > 0 ->
    left--;
    j = FORWARD(m, TAIL) + 1;
    store(m, TAIL, j);
    j = 0;
#if MUTANT != 1
    fence(m);
#endif
    wake_p(i, j, won)
  :: else -> break
  od;
  goto stays
}

proctype outsider() {
  byte i, j;
  bool won;
  global++;
  wake_p(i, j, won)
}

#if defined(RETAKES) || defined(TAKEN)
proctype sysmon() {
  byte p = 1;
  byte i, j;
  bool won;
#ifdef RETAKES
  // From any of those in user code.
end:
  atomic {
    if
    :: BIT(user, 0) && !BIT(borrowed, 0) -> p = 0
    :: BIT(user, 1) && !BIT(borrowed, 1) -> p = 1
    fi;
    user = user & ~(1 << p)
  }
#endif
  // hand_off_p()
  if
  :: p == 0 && mem[TAIL] != head -> goto start
  :: else
  fi;
  if
  :: global > 0 -> goto start
  :: else
  fi;
  if
  :: spinning_ms != 0 -> goto give
  :: else
  fi;
  if
  :: idle_ps != 0 -> goto give
  :: else
  fi;
#if MUTANT == 14
  spinning_ms = 1;
  won = 1;
#else
  d_step {
    won = (spinning_ms == 0);
    if
    :: won -> spinning_ms = 1
    :: else
    fi
  }
#endif
  if
  :: won -> atomic { start_m(p, 1, j); won = 0; goto handed_off }
  :: else
  fi;
give:
  atomic {
    if
    :: global > 0 -> goto start
    :: else -> put_idle_p(p)
    fi
  }
#if MUTANT != 10
  if
  :: global > 0 -> goto wake
  :: else
  fi;
  if
  :: mem[TAIL] != head -> goto wake
  :: else
  fi;
#endif
  goto handed_off;
wake:
  wake_p(i, j, won);
  goto handed_off;
start:
  atomic { start_m(p, 0, j) }
handed_off:
  skip
}
#endif

#ifdef STOP
proctype stopper() {
  byte i, j;
  bool won;
  atomic { stop_pending = 1; stopped = idle_ps; has_p = has_p | idle_ps; idle_ps = 0 }
  // Ms in user code have Ps that can be borrowed; all others meet the stop.
  atomic { (stopped | user) == ALL -> borrowed = user }
  // The end: Ps with work in their ring get an M.
  atomic {
    if
    :: BIT(stopped, 0) && mem[TAIL] != head -> stopped = stopped & ~1; start_m(0, 0, j)
    :: else
    fi;
    idle_ps = stopped;
    has_p = has_p & ~stopped;
    stopped = 0;
    borrowed = 0;
    stop_pending = 0
  }
#if MUTANT != 13
  wake_p(i, j, won)
#endif
  skip
}
#endif

proctype buffer(byte m) {
end:
  do
  :: flush_oldest(m)
  od
}

proctype quiescence() {
  started == submitted;
end:
  timeout -> assert(spinning_ms == 0 && has_p == 0 && idle_ps == ALL && global == 0)
}

init {
  atomic {
    has_p = 1;
    idle_ms = ((1 << NM) - 1) & ~1;
#ifdef RETAKES
    idle_ms = idle_ms & ~2;
#endif
#if defined(RETAKES) || defined(TAKEN)
    has_p = has_p | 2;
#endif
    idle_ps = ALL & ~has_p;
    run buffer(0);
    run worker(0);
    run worker(1);
    run worker(2);
    run worker(3);
#if NM > 4
    run worker(4);
#endif
#if OUTSIDE > 0
    run outsider();
#endif
#if OUTSIDE > 1
    run outsider();
#endif
#if defined(RETAKES) || defined(TAKEN)
    run sysmon();
#endif
#ifdef STOP
    run stopper();
#endif
    run quiescence()
  }
}
