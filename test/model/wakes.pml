// SPDX-License-Identifier: Apache-2.0
//
// How those who stand still in a stop sleep and are woken (src/sched/standing.h): two threads on
// one word, and a stop that ends for both, with one call of the kernel.
//
// What it models, and where that stands in the source:
//   sleep()      sleep_standing(), with the kernel's futex: to compare and to sleep is one step
//   wake()       wake_standing()
//   frozen()     answer_freeze() (crash/freeze.cc); it may have been interrupted with a lock
//   waiting()    wait_for_end_of_stop() (border.cc)
//   stop()       the end of a stop: world_stop::end(), start_the_world(), which takes that lock
//   other()      a report, say, that wakes all who sleep at any moment
// Memory is taken for one of which all see the same: what is stored before a wake is released by
// its count, and acquired by who reads it.
//
// Properties: nobody sleeps for ever, and the stop ends (invalid end states).
//
// CONFIG plain: -DPLAIN
//
// MUTANT 1 plain: sleep: reads the count before it looks
// MUTANT 2 plain: wake: counts
// MUTANT 3 plain: the stop: says that it is over before it wakes
// MUTANT 4 plain: start_the_world: wakes who may hold the lock before it waits for that
// MUTANT 5 plain: sleep: looks again when it has been woken
#ifndef MUTANT
#define MUTANT 0
#endif

byte count;      // standing_wakes
bool thawed;     // thaw_round has changed
bool given_back; // the border's state is not `borrowed` any more
bool asleep[2];
bool locked;     // sched.guard
bool went_on[2];

inline sleep(self, over) {
  do
  :: true ->
#if MUTANT == 1
    if
    :: over -> break
    :: else
    fi;
    seen = count;
#else
    seen = count;
    if
    :: over -> break
    :: else
    fi;
#endif
    atomic {
      if
      :: count == seen -> asleep[self] = true
      :: else
      fi
    }
    !asleep[self];
#if MUTANT == 5
    break
#endif
  od
}

inline wake() {
#if MUTANT != 2
  count++;
#endif
  d_step { asleep[0] = false; asleep[1] = false }
}

proctype frozen(bool holds) {
  byte seen;
  sleep(0, thawed);
  assert(thawed);
  if
  :: holds -> locked = false
  :: else
  fi;
  went_on[0] = true
}

proctype waiting() {
  byte seen;
  sleep(1, given_back);
  assert(given_back);
  went_on[1] = true
}

proctype stop() {
#if MUTANT == 3
  wake();
#endif
  thawed = true;
#if MUTANT != 4
  if
  :: locked -> wake()
  :: else
  fi;
#endif
  atomic { !locked -> locked = true }
  given_back = true;
  locked = false;
#if MUTANT != 3
  wake();
#endif
  went_on[0] && went_on[1]
}

proctype other() {
  wake()
}

init {
  atomic {
    if
    :: locked = true
    :: locked = false
    fi;
    run frozen(locked);
    run waiting();
    run stop();
    run other()
  }
}
