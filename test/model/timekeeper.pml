// SPDX-License-Identifier: Apache-2.0
//
// Alarms and the timekeeper: who is awake when an alarm's time has come.
// docs/design/scheduler_parking.md.
//
// What it models, and where that stands in the source (src/sched):
//   worker()     an M: its look at alarms in find_runnable(), giving up its P, stop_m() with
//                keep_time(), its sleep until a deadline, and what it does when woken
//   set_alarm()  alarm_start(): by a running goroutine, and by threads without a P (outsider())
//   before_park  alarm_start_before_park(): wakes nobody
//   wake_timekeeper(), wake_p(), start_m() with take_idle_m(), hand_off_p()
//   submitter()  ready() of a thread without a P: work, for which the timekeeper may be taken
//   stopper()    a stop that retires P 1: its alarms move to P 0 (alarm_heap::move_to())
//   clock()      with SYSMON: look_after_alarms(), and a P taken for an alarm that is due
// parking.pml has the rest of these functions: all that has to do with queues. serve.pml has alarms
// while no run is on.
//
// A heap's `earliest` is stored through a buffer (tso.h), and the heap's lock is no fence: its
// order promises none. It only orders the stores of those who hold it. A section under sched.guard
// is one step, as in parking.pml, but for keep_time(), which looks at heaps in its course.
//
// Time: alarm 1 falls due at time 1, alarm 2 at time 2. Time 1 comes at any moment, also before
// an alarm is set; time 2 when nothing else can happen.
//
// Properties:
//   - each alarm runs when its time has come: alarm 1 before time 2, alarm 2 before the end.
//     sysmon, which looks at alarms that are late, has a part in that only with SYSMON
//   - no M is woken for two reasons at once, nor lost: in the end each sleeps where it is found
//   - no M gets a P that another has
//
// Bounds: 2 Ps (PROCS), NM Ms, of which LATER are threads that are not yet made. PARKS: the alarm
// that M 0's goroutine sets before it parks (QUEUED: another runs then, on the same P); STARTS: the
// one that it sets, and runs on. SETS_1, SETS_2: a thread without a P sets these; RESETS: it stops
// alarm 2 and sets it again. ITEMS: work, each item of which returns or, with STAY, stays for good
// in user code. READIES: alarm 1 makes work. LOCKED: M 0's goroutine is locked to it.
//
// CONFIG threads: -DNM=3 -DLATER=0 -DSETS_1 -DSETS_2
// CONFIG resets:  -DNM=3 -DLATER=0 -DSETS_1 -DSETS_2 -DRESETS
// CONFIG parks:   -DNM=3 -DLATER=0 -DPARKS=1 -DSETS_2
// CONFIG later:   -DNM=3 -DLATER=0 -DPARKS=2 -DSETS_1
// CONFIG starts:  -DNM=3 -DLATER=1 -DSTARTS=1 -DSETS_2 -DSTAY
// CONFIG taken:   -DNM=3 -DLATER=1 -DSETS_1 -DITEMS=1 -DSTAY
// CONFIG stale:   -DNM=2 -DLATER=1 -DPROCS=1 -DSETS_1 -DSETS_2 -DITEMS=1
// CONFIG readies: -DNM=4 -DLATER=2 -DSETS_1 -DSETS_2 -DREADIES -DSTAY
// CONFIG locked:  -DNM=3 -DLATER=0 -DPARKS=1 -DSETS_2 -DLOCKED
// CONFIG stop:    -DNM=3 -DLATER=0 -DSETS_1 -DSETS_2 -DSTOP
// CONFIG late:    -DNM=2 -DLATER=0 -DPARKS=1 -DQUEUED -DSETS_2 -DSTAY -DSYSMON
// CONFIG busy:    -DNM=4 -DLATER=3 -DPROCS=1 -DPARKS=2 -DQUEUED -DITEMS=1 -DSTAY -DSYSMON
//
// MUTANT 1 threads: alarm_start: full fence between the alarm and the looks
// MUTANT 2 parks: keep_time: an M with an earlier alarm takes over
// MUTANT 3 parks: keep_time: the M that is replaced is one of the idle
// MUTANT 4 threads: wake_timekeeper: wakes the timekeeper
// MUTANT 5 threads: wake_timekeeper: without a timekeeper, wakes some M
// MUTANT 6 threads: wake_timekeeper: takes the timekeeper, under the lock
// MUTANT 7 resets: wake_timekeeper: the deadline goes with the timekeeper that is woken
// MUTANT 8 stale: take_idle_m: the deadline goes with the timekeeper that is taken
// MUTANT 9 threads: stop_m: the deadline goes when its time has come
// MUTANT 10 taken: stop_m: time has come: re-check that it is the timekeeper still
// MUTANT 11 taken: stop_m: waits for the wakeup that is on its way
// MUTANT 12 threads: stop_m: woken without a P, it keeps time anew
// MUTANT 13 threads: keep_time: looks at the alarms after the P has become idle
// MUTANT 14 taken: found work: the last spinning M wakes another
// MUTANT 15 locked: hand_off_p: wakes the timekeeper
// MUTANT 16 stop: move_to: alarms go to another heap
// MUTANT 17 stop: add: a retired heap takes none
// MUTANT 18 stop: add: looks at `retired` under the heap's lock
// MUTANT 19 stop: alarm_start: what a retired heap refuses goes to the first
// MUTANT 20 threads: alarms of other Ps: by the timekeeper when its time has come, and by thieves
// MUTANT 21 stop: the end of a stop: wake_p
// MUTANT 22 late: sysmon: looks after alarms that are late
// MUTANT 23 busy: sysmon: an alarm that is due is work that waits
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef PARKS
#define PARKS 0
#endif
#ifndef STARTS
#define STARTS 0
#endif
#ifndef ITEMS
#define ITEMS 0
#endif
#ifndef PROCS
#define PROCS 2
#endif
#ifdef STAY
#define MAY_STAY 1
#else
#define MAY_STAY 0
#endif

#define THREADS 3  // M 0's, and two without a P
#define BUF 2
#define CELLS 3
#include "tso.h"

// Cells are counted from 1: an emptied place in a buffer names cell 0.
#define HEAP(h) (1 + (h))

#define ALL 3
#define NONE 7
#define NEVER 3

byte now;
byte ran;               // bit t: alarm t has run
byte vain;              // how often a time has come since one has run
byte alarms[2];         // bit t: alarm t is in the heap; under the heap's lock
bool retired;           // heap 1
byte procs = PROCS;

bool guard;             // sched.guard, where its section is more than one step
byte keeper = NONE, deadline = NEVER;
byte idle_ps, idle_ms, unborn;
short spinning_ms;
byte global;
bool note[NM + 1];
byte next_p[NM + 1];
bool next_spinning[NM + 1];
byte new_p = NONE;
bool new_spinning;

bool stop_pending;
byte stop_has;
byte user;              // bit p: its M stays in user code
byte lost;              // bit m: M m stays there without its P, or waits for its goroutine alone
byte has_p;             // bit p: some M has P p; not part of the protocol

#define BIT(set, i) (((set) >> (i)) & 1)
#define EARLIEST(set) ((set) & 2 -> 1 : ((set) & 4 -> 2 : NEVER))
#define DUE(set) ((set) & (now == 2 -> 6 : (now == 1 -> 2 : 0)))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define PENDING(cell) \
  (at[0] == (cell) || at[1] == (cell) || at[2] == (cell) || at[3] == (cell) || \
   at[4] == (cell) || at[5] == (cell))
#define FLUSHED(m) ((m) != 0 || pending[0] == 0)
#define SEEN(m, h) ((m) == 0 -> FORWARD(0, HEAP(h)) : mem[HEAP(h)])

inline lowest(set, i) {
  i = 0;
  do
  :: BIT(set, i) -> break
  :: else -> i++
  od
}

// Under sched.guard. `got` is NONE when no P is idle.
inline get_idle_p(got) {
  if
  :: idle_ps != 0 && !stop_pending ->
    lowest(idle_ps, got);
    idle_ps = idle_ps & ~(1 << got);
    assert(!BIT(has_p, got));
    has_p = has_p | (1 << got)
  :: else -> got = NONE
  fi
}

inline put_idle_p(given) {
  has_p = has_p & ~(1 << given);
  if
  :: stop_pending -> stop_has = stop_has | (1 << given)
  :: else -> idle_ps = idle_ps | (1 << given)
  fi
}

// Prefers an M that keeps no time; without any, a thread is made. When all NM have been, the next M
// that goes to sleep plays the part of another, which takes its time to come.
inline start_m(given, spins, j) {
  atomic {
    !guard ->
    if
    :: idle_ms != 0 -> lowest(idle_ms, j); idle_ms = idle_ms & ~(1 << j)
    :: idle_ms == 0 && keeper != NONE ->
      j = keeper;
      keeper = NONE;
#if MUTANT != 8
      deadline = NEVER
#endif
    :: idle_ms == 0 && keeper == NONE && unborn != 0 ->
      lowest(unborn, j);
      unborn = unborn & ~(1 << j)
    :: else ->
      assert(new_p == NONE);  // else the bound NM is too small
      new_p = given;
      new_spinning = spins;
      j = NONE
    fi
  }
  d_step {
    if
    :: j != NONE ->
      assert(!note[j]);
      next_p[j] = given;
      next_spinning[j] = spins;
      note[j] = 1
    :: else
    fi;
    j = 0
  }
}

inline wake_p(i, j, won) {
  if
  :: idle_ps == 0
  :: else ->
    d_step {
      won = (spinning_ms == 0);
      if
      :: won -> spinning_ms = 1
      :: else
      fi
    }
    if
    :: won ->
      atomic {
        !guard ->
        won = 0;
        get_idle_p(i);
        if
        :: i == NONE -> spinning_ms--
        :: else
        fi
      }
      if
      :: i != NONE -> start_m(i, 1, j)
      :: else
      fi;
      i = 0
    :: else
    fi
  fi
}

// The fence stands before this: in set_alarm().
inline wake_timekeeper(when, i, j, won) {
  if
  :: deadline <= when
  :: else ->
    if
    :: idle_ps == 0
    :: else ->
      atomic {
        !guard ->
        j = keeper;
#if MUTANT != 6
        keeper = NONE;
#endif
#if MUTANT == 7
        if
        :: j == NONE -> deadline = NEVER
        :: else
        fi
#else
        deadline = NEVER
#endif
      }
      if
      :: j != NONE ->
#if MUTANT != 4
        assert(!note[j]);
        note[j] = 1;
#endif
        j = 0
      :: else ->
        j = 0;
#if MUTANT != 5
        wake_p(i, j, won)
#endif
        skip
      fi
    fi
  fi
}

// Without the wait for the heap's lock.
inline add_here(t, h, when) {
  alarms[h] = alarms[h] | (1 << when);
  store(t, HEAP(h), EARLIEST(alarms[h]))
}

inline set_alarm(t, h, when, i, j, won) {
#if MUTANT == 18
  won = (h == 1 && retired);
#endif
  atomic {
    !PENDING(HEAP(h)) ->
#if MUTANT != 17 && MUTANT != 18
    won = (h == 1 && retired);
#endif
    if
    :: !won -> add_here(t, h, when)
    :: else
    fi
  }
#if MUTANT != 19
  if
  :: won -> atomic { !PENDING(HEAP(0)) -> add_here(t, 0, when) }
  :: else
  fi;
#endif
  won = 0;
#if MUTANT != 1
  fence(t);
#endif
  wake_timekeeper(when, i, j, won)
}

// All alarms of a heap that are due; `any` when there was one.
inline run_due(m, h, any) {
  if
  :: SEEN(m, h) <= now ->
    atomic {
      !PENDING(HEAP(h)) ->
      any = (DUE(alarms[h]) != 0);
      ran = ran | DUE(alarms[h]);
      if
      :: any -> vain = 0
      :: else
      fi;
#ifdef READIES
      won = (DUE(alarms[h]) & 2);
#endif
      alarms[h] = alarms[h] & ~DUE(alarms[h]);
      mem[HEAP(h)] = EARLIEST(alarms[h])
    }
#ifdef READIES
    if
    :: won -> won = 0; global++; wake_p(i, j, won)
    :: else
    fi
#endif
  :: else
  fi
}

// Each heap at its own moment.
inline earliest_alarm(m, x) {
  x = SEEN(m, 0);
  if
  :: procs == 2 -> x = MIN(x, SEEN(m, 1))
  :: else
  fi
}

inline hand_off_p(m, p, x, i, j, won) {
  if
  :: global > 0 -> goto start
  :: else
  fi;
  if
  :: spinning_ms == 0 && idle_ps == 0 ->
    d_step {
      FLUSHED(m) ->
      won = (spinning_ms == 0);
      if
      :: won -> spinning_ms = 1
      :: else
      fi
    }
    if
    :: won -> won = 0; start_m(p, 1, j); goto handed_off
    :: else
    fi
  :: else
  fi;
  atomic {
    !guard && FLUSHED(m) ->
    if
    :: global > 0 -> goto start
    :: else -> put_idle_p(p)
    fi
  }
  if
  :: global > 0 -> wake_p(i, j, won)
  :: else
  fi;
#if MUTANT != 15
  earliest_alarm(m, x);
  if
  :: x != NEVER -> wake_timekeeper(x, i, j, won)
  :: else
  fi;
#endif
  goto handed_off;
start:
  FLUSHED(m);  // the M gets the P with all that was done to it
  start_m(p, 0, j);
handed_off:
  skip
}

inline become_spinning() { spinning = 1; spinning_ms++ }
inline stop_spinning() { spinning = 0; spinning_ms--; assert(spinning_ms >= 0) }

proctype worker(byte m) {
  byte p = NONE;
  byte i, j, x;
  byte until = NEVER;
  bool spinning, won, any, time_came;
  if
#if PARKS
  :: m == 0 ->
    p = 0;
    atomic { !PENDING(HEAP(0)) -> add_here(0, 0, PARKS) }
#ifdef QUEUED
    goto runs;
#endif
#ifdef LOCKED
    hand_off_p(0, 0, x, i, j, won);
    lost = lost | 1;
    goto over
#else
    goto find
#endif
#endif
#if STARTS
  :: m == 0 -> p = 0; set_alarm(0, 0, STARTS, i, j, won); goto runs
#endif
  :: else -> goto woken
  fi;

find:
  atomic { any = 0; i = 0; j = 0; x = 0; won = 0 }
  if
  :: stop_pending ->
    if
    :: spinning -> atomic { stop_spinning() }
    :: else
    fi;
    atomic { FLUSHED(m) && !guard -> put_idle_p(p); p = NONE }
    goto asleep
  :: else
  fi;
  run_due(m, p, any);
  any = 0;
  atomic {
    !guard ->
    if
    :: global > 0 && !stop_pending -> global--; goto found
    :: else
    fi
  }
  // Stealing.
  atomic {
    if
    :: spinning
    :: !spinning && 2 * spinning_ms < procs - BIT(idle_ps, 0) - BIT(idle_ps, 1) -> become_spinning()
    :: else -> goto give_up
    fi
  }
#if MUTANT != 20
  if
  :: procs == 2 ->
    run_due(m, 1 - p, any);
    if
    :: any -> goto find
    :: else
    fi
  :: else
  fi;
#endif
give_up:
#if MUTANT == 13
  earliest_alarm(m, x);
#endif
  atomic {
    !guard && FLUSHED(m) ->
    if
    :: global > 0 && !stop_pending -> global--; goto found
    :: else -> put_idle_p(p); p = NONE
    fi
  }
  if
  :: spinning -> atomic { stop_spinning() }
  :: else
  fi;
  if
  :: global > 0 ->
    atomic {
      !guard ->
      get_idle_p(p);
      if
      :: p != NONE -> become_spinning(); goto find
      :: else
      fi
    }
  :: else
  fi;

asleep:
  // keep_time()
  atomic {
    !guard ->
    spinning = 0;
    if
    :: new_p != NONE ->
      p = new_p;
      spinning = new_spinning;
      new_p = NONE;
      new_spinning = 0;
      goto find
    :: new_p == NONE && idle_ps == 0 -> idle_ms = idle_ms | (1 << m); goto woken
    :: else -> guard = 1
    fi
  }
#if MUTANT != 13
  earliest_alarm(m, x);
#endif
  atomic {
    guard = 0;
    if
#if MUTANT == 2
    :: x == NEVER || keeper != NONE ->
#else
    :: x == NEVER || (keeper != NONE && deadline <= x) ->
#endif
      idle_ms = idle_ms | (1 << m)
    :: else ->
#if MUTANT != 3
      if
      :: keeper != NONE -> idle_ms = idle_ms | (1 << keeper)
      :: else
      fi;
#endif
      keeper = m;
      deadline = x;
      until = x
    fi;
    x = 0
  }
woken:
end_asleep:
  atomic {
    if
    :: note[m]
    :: until <= now ->
      until = NEVER;
#if MUTANT == 11
      goto timed_out
#endif
    fi
  }
  if
  :: !note[m] ->
timed_out:
    atomic {
      !guard ->
#if MUTANT == 10
      time_came = 1;
#else
      time_came = (keeper == m);
#endif
      if
      :: time_came ->
        keeper = NONE;
#if MUTANT != 9
        deadline = NEVER
#endif
      :: else
      fi
    }
#if MUTANT != 11
    if
    :: !time_came ->
end_demoted:
      note[m]
    :: else
    fi;
#endif
    skip
  :: else
  fi;
  d_step {
    until = NEVER;
    note[m] = 0;
    p = next_p[m];
    spinning = next_spinning[m];
    next_p[m] = NONE;
    next_spinning[m] = 0
  }
  if
#if MUTANT == 12
  :: p == NONE && !time_came -> goto woken
#else
  :: p == NONE && !time_came -> goto asleep  // it keeps time anew
#endif
  :: p == NONE && time_came ->
    atomic { vain++; assert(vain < 6) }
    atomic {
      !guard -> time_came = 0;
      get_idle_p(p);
      if
      :: p == NONE -> goto asleep
      :: else
      fi
    }
#if MUTANT == 20
    run_due(m, p, any);
#else
    run_due(m, 0, any);
    if
    :: procs == 2 -> run_due(m, 1, any)
    :: else
    fi
#endif
  :: p != NONE
  fi;
  goto find;

found:
  if
  :: spinning ->
    atomic { stop_spinning(); won = (spinning_ms == 0) }
    if
    :: won ->
      won = 0;
#if MUTANT != 14
      wake_p(i, j, won)
#endif
      skip
    :: else
    fi
  :: else
  fi;
runs:
  if
  :: true -> goto find  // it returns
  :: MAY_STAY -> atomic { user = user | (1 << p) }
  fi;
#ifdef SYSMON
end_user:
  !BIT(user, p);
#endif
  lost = lost | (1 << m);
over:
  skip
}

proctype outsider(byte t, when) {
  byte i, j, h;
  bool won;
  h = (procs == 2 -> when - 1 : 0);
  set_alarm(t, h, when, i, j, won);
#ifdef RESETS
  if
  :: when == 2 ->
    atomic { !PENDING(HEAP(h)) -> alarms[h] = alarms[h] & ~4; mem[HEAP(h)] = EARLIEST(alarms[h]) }
    set_alarm(t, h, when, i, j, won)
  :: else
  fi
#endif
}

#if ITEMS
proctype submitter() {
  byte i, j;
  bool won;
  atomic { !guard -> global++ }
  wake_p(i, j, won)
}
#endif

#ifdef STOP
proctype stopper() {
  byte i, j;
  bool won;
  atomic { !guard -> stop_pending = 1; stop_has = idle_ps; has_p = has_p | idle_ps; idle_ps = 0 }
  stop_has == ALL;
  atomic {
    !PENDING(HEAP(0)) && !PENDING(HEAP(1)) ->
#if MUTANT != 16
    alarms[0] = alarms[0] | alarms[1];
    mem[HEAP(0)] = EARLIEST(alarms[0]);
#endif
    alarms[1] = 0;
    retired = 1
  }
  mem[HEAP(1)] = NEVER;
  procs = 1;
  atomic { !guard -> stop_pending = 0; idle_ps = 1; stop_has = 0; has_p = 2 }
#if MUTANT != 21
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

#ifdef SETS_1
#define SET_1 2
#else
#define SET_1 (PARKS == 1 || STARTS == 1 -> 2 : 0)
#endif
#ifdef SETS_2
#define SET_2 4
#else
#define SET_2 (PARKS == 2 || STARTS == 2 -> 4 : 0)
#endif

#ifdef SYSMON
// An alarm is late: nothing else happens. For a P to be taken, a time slice must be over: time 2.
inline look_after_alarms() {
  x = MIN(mem[HEAP(0)], mem[HEAP(1)]);
  if
#if MUTANT != 22
  :: idle_ps != 0 && x <= now -> wake_p(i, j, won); goto wait
#endif
#if MUTANT != 23
  :: BIT(user, 0) && mem[HEAP(0)] <= now && now == 2 -> p = 0; goto take
#endif
  :: BIT(user, 0) && global > 0 && now == 2 -> p = 0; goto take
  :: else -> goto looked
  fi;
take:
  user = user & ~(1 << p);
  hand_off_p(NONE, p, x, i, j, won);
  goto wait;
looked:
  skip
}
#else
inline look_after_alarms() { skip }
#endif

proctype clock() {
#ifdef SYSMON
  byte p, i, j, x;
  bool won;
#endif
  now = 1;
wait:
  timeout -> look_after_alarms();
  assert((ran & 2) == SET_1);
  if
  :: now == 1 -> now = 2; goto wait
  :: else
  fi;
  assert(ran == (SET_1 | SET_2));
  assert(spinning_ms == 0 && keeper == NONE && global == 0);
  // Those who stay in user code keep what they have.
  assert((idle_ps | user | (procs == 1 -> 2 : 0)) == ALL);
  assert((idle_ms | unborn | lost) == (1 << NM) - 1 || user != 0)
}

init {
  byte m;
  atomic {
    mem[HEAP(0)] = NEVER;
    mem[HEAP(1)] = NEVER;
    run buffer(0);
    run buffer(1);
    run buffer(2);
    for (m : 0 .. NM - 1) { next_p[m] = NONE; run worker(m) }
    unborn = ((1 << LATER) - 1) << (NM - LATER);
    idle_ms = ((1 << NM) - 1) & ~unborn;
#if PARKS || STARTS
    idle_ms = idle_ms & ~1;
    has_p = 1;
#endif
    idle_ps = (PROCS == 2 -> ALL : 1) & ~has_p;
    m = 0;
#ifdef SETS_1
    run outsider(1, 1);
#endif
#ifdef SETS_2
    run outsider(2, 2);
#endif
#if ITEMS > 0
    run submitter();
#endif
#if ITEMS > 1
    run submitter();
#endif
#ifdef STOP
    run stopper();
#endif
    run clock()
  }
}
