// SPDX-License-Identifier: Apache-2.0
//
// Parking and unparking of Ms: who wakes whom when there is work.
// docs/design/scheduler_parking.md.
//
// What it models, and where that stands in the source (src/sched):
//   worker()     an M: find_runnable() with its re-checks, execute(), and its sleep on its note
//   submit()     ready() and go on a P: the tail of the P's ring is a release store, through a
//                store buffer (tso.h)
//   outsider()   ready() of a thread without a P: the global queue, under sched.lock
//   wake_p()     one spinning M at a time
// A section under sched.lock is one step: its lock is a locked instruction at both ends. An item
// of work either returns or stays for good; so that "somebody will find it when he is done" does
// not count as found.
//
// Properties:
//   - work conservation: every item is started although all those started before may stay on
//     their Ps (there are enough Ps); so no item lies in a queue while Ms sleep (invalid end
//     states)
//   - the count of spinning Ms is theirs: never negative, 0 at the end
//   - no M gets a P that another has
//
// Only P 0's ring ever has items, since only its goroutine submits, so only that one is looked at
// (runq.pml has the ring). Bounds: NP Ps, NM Ms, one goroutine that submits LOCAL items from its
// P, OUTSIDE threads with one item each. `full` has more items than Ps: there, items return.
//
// CONFIG local:   -DNP=3 -DNM=5 -DLOCAL=2 -DOUTSIDE=0
// CONFIG full:    -DNP=2 -DNM=4 -DLOCAL=3 -DOUTSIDE=0
// CONFIG busy:    -DNP=2 -DNM=5 -DLOCAL=2 -DOUTSIDE=1
// CONFIG mixed:   -DNP=3 -DNM=5 -DLOCAL=1 -DOUTSIDE=1
// CONFIG outside: -DNP=3 -DNM=5 -DLOCAL=0 -DOUTSIDE=2
//
// MUTANT 1 local: submit: full fence between the tail of the ring and the look at spinning
// MUTANT 2 local: stop spinning: re-check of the rings
// MUTANT 3 outside: stop spinning: re-check of the global queue
// MUTANT 4 local: stop spinning: the count goes down before the re-check
// MUTANT 5 local: found work: the last spinning M wakes another
// MUTANT 6 full: find_runnable: re-check also by an M that was not spinning
// MUTANT 7 mixed: wake_p: compare-and-swap 0 → 1 of the count
// MUTANT 8 busy: wake_p: the count goes down under the lock, with the look that found no idle P
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

byte head;              // taken by compare-and-swap
byte global;            // under sched.lock
byte idle_ps, idle_ms;  // bit sets, under sched.lock
short spinning_ms;      // atomic

bool note[NM];
byte next_p[NM];

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

// `got` is NONE when no P is idle. Under sched.lock.
inline get_idle_p(got) {
  if
  :: idle_ps != 0 ->
    lowest(idle_ps, got);
    idle_ps = idle_ps & ~(1 << got);
    assert(!BIT(has_p, got));
    has_p = has_p | (1 << got)
  :: else ->
    got = NONE
  fi
}

// The one woken comes up spinning, with the P.
inline wake_p(i, j, won) {
  if
  :: idle_ps == 0 -> skip
  :: idle_ps != 0 && spinning_ms != 0 -> skip
  :: idle_ps != 0 && spinning_ms == 0 ->
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
        :: i != NONE ->
          assert(idle_ms != 0);  // else a new M is made: the bound NM is large enough
          lowest(idle_ms, j);
          idle_ms = idle_ms & ~(1 << j);
          next_p[j] = i;
          note[j] = 1
        :: else ->
#if MUTANT != 8
          spinning_ms--
#endif
          skip
        fi;
        j = 0; won = 0
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
}

inline become_spinning() { spinning = 1; spinning_ms++ }

proctype worker(byte m) {
  byte p = NONE;
  byte i, j;
  byte left;
  bool spinning, won;
  if
  :: m == 0 -> p = 0; left = LOCAL; goto submitting
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
    :: global > 0 -> global--; won = 1; goto found
    :: else ->
      idle_ps = idle_ps | (1 << p);
      has_p = has_p & ~(1 << p);
      p = NONE
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
  :: spinning -> atomic { spinning = 0; spinning_ms--; assert(spinning_ms >= 0) }
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
  :: spinning -> atomic { spinning = 0; spinning_ms-- }
  :: else
  fi;
#endif
  goto asleep;

take_back:
  atomic {
#if MUTANT == 4
    if
    :: spinning -> spinning = 0; spinning_ms--
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
  atomic { i = 0; j = 0; won = 0; idle_ms = idle_ms | (1 << m) }
woken:
end_asleep:
  atomic { note[m] -> note[m] = 0; p = next_p[m]; next_p[m] = 0; spinning = 1 }
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
    atomic { spinning = 0; spinning_ms--; assert(spinning_ms >= 0) }
#if MUTANT != 5
    wake_p(i, j, won)
#endif
    skip
  :: else
  fi;
  started++;
  if
  :: true  // it returns
  :: NP > TOTAL -> started == TOTAL  // it stays
  fi;
  goto find;

submitting:
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
  started == TOTAL;
  goto find
}

proctype outsider() {
  byte i, j;
  bool won;
  global++;
  wake_p(i, j, won)
}

proctype buffer(byte m) {
end:
  do
  :: flush_oldest(m)
  od
}

proctype quiescence() {
  started == TOTAL;
end:
  timeout -> assert(spinning_ms == 0 && has_p == 0 && idle_ps == (1 << NP) - 1 && global == 0)
}

init {
  atomic {
    idle_ps = ((1 << NP) - 1) & ~1;
    idle_ms = ((1 << NM) - 1) & ~1;
    has_p = 1;
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
    run quiescence()
  }
}
