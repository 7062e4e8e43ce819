// SPDX-License-Identifier: Apache-2.0
//
// Giving back the pages of a parked goroutine's stack: src/sched/scavenger.h and scavenger.cc.
//
// What it models, and where that stands in the source:
//   machine()    two Ms that execute one goroutine in turns: revive(), use of the stack, parking
//                (set_waiting), shallow or with a frame on the page in question
//   scavenger()  scavenge(): a look, then claim, heavy fence, a second look, discard; or the mark
//                that there is nothing to give back
// Stores of the Ms go through buffers (x86-TSO, tso.h); membarrier empties one buffer after
// another. The kernel's changes to a page are in memory at once.
//
// Property: what the goroutine has written to its stack is there when it reads it.
//
// Bounds: one goroutine of one page, 2 Ms, ROUNDS wakings, PASSES passes.
//
// CONFIG barrier: -DROUNDS=3 -DPASSES=3 -DFENCES=0
// CONFIG fences:  -DROUNDS=3 -DPASSES=3 -DFENCES=1
//
// MUTANT 1 barrier: revive: light fence (the load of scavenge before the store of status)
// MUTANT 2 barrier: scavenger: membarrier
// MUTANT 3 barrier: scavenger: second look at status
// MUTANT 4 barrier: scavenger: second look at sp
// MUTANT 5 barrier: revive: waits while claimed
// MUTANT 6 barrier: scavenger: pages gone before it says so (release)
// MUTANT 7 fences: revive, without membarrier: full fence
// MUTANT 8 fences: scavenger, without membarrier: full fence (status read before claiming)
// MUTANT 9 barrier: scavenger: claims only what is unseen
// (The order of sp and status at parking does not matter here: while it runs, sp says that there is
// none. Where stores may pass stores, it does.)
#ifndef MUTANT
#define MUTANT 0
#endif

#define MS 2
#define THREADS 3
#define BUF 3
#define CELLS 3
#include "tso.h"

#define STATUS 0
#define SCAVENGE 1
#define SP 2
#define SCAVENGER 2  // its thread

#define PARKED 0
#define RUNNING 1

#define UNSEEN 0
#define CLAIMED 1
#define SEEN 2

#define SHALLOW 0
#define DEEP 1   // its innermost frame lies on the page
#define NONE 2   // of a running one

byte page;       // what it holds; written by whoever, in memory at once: only its owner reads it
byte frame;      // what the goroutine believes to be there; 0: it has no frame on it
byte turn;       // the M that executes next; changes hands through a queue, a locked instruction

inline revive() {
#if MUTANT == 1
  load(m, SCAVENGE, x);
  store(m, STATUS, RUNNING);
#else
  store(m, STATUS, RUNNING);
#if FENCES && MUTANT != 7
  fence(m);
#endif
  load(m, SCAVENGE, x);
#endif
  if
  :: x == UNSEEN
  :: else ->
#if MUTANT != 5
     do
     :: x != CLAIMED -> break
     :: x == CLAIMED -> load(m, SCAVENGE, x)
     od;
#endif
     store(m, SCAVENGE, UNSEEN)
  fi;
  store(m, SP, NONE)
}

// A store of the program's to its stack may wait in the buffer, too; but then it goes to memory
// after what the kernel did meanwhile, which is harmless. So it is modelled at the worst moment:
// at once.
inline use(t) {
  d_step { assert(frame == 0 || page == frame); frame = t; page = t };
  assert(page == frame)
}

proctype machine(byte m) {
  byte x, round;
  do
  :: round == ROUNDS -> break
  :: else ->
     atomic { turn == m; round++ };
     revive();
     use(round);
     // It parks, with or without the frame.
     if
     :: frame = 0; store(m, SP, SHALLOW)
     :: store(m, SP, DEEP)
     fi;
     store(m, STATUS, PARKED);
     atomic { fence(m); turn = 1 - m }
  od
}

proctype scavenger() {
  byte status, sp, x, pass;
  do
  :: pass == PASSES -> break
  :: else ->
     pass++;
     load(SCAVENGER, SCAVENGE, x);
     if
#if MUTANT == 9
     :: true
#else
     :: x == UNSEEN
#endif
        -> load(SCAVENGER, STATUS, status);
        load(SCAVENGER, SP, sp);
        if
        :: status == PARKED && sp == SHALLOW ->
           if
           :: store(SCAVENGER, SCAVENGE, SEEN)  // the page is not resident
           :: store(SCAVENGER, SCAVENGE, CLAIMED);
#if FENCES
#if MUTANT != 8
              fence(SCAVENGER);
#endif
#elif MUTANT != 2
              fence(SCAVENGER); fence(0); fence(1);
#endif
#if MUTANT != 3
              load(SCAVENGER, STATUS, status);
#endif
#if MUTANT != 4
              load(SCAVENGER, SP, sp);
#endif
#if MUTANT == 6
              store(SCAVENGER, SCAVENGE, SEEN);
              fence(SCAVENGER);
#endif
              if
              :: status == PARKED && sp == SHALLOW -> page = 0
              :: else
              fi;
#if MUTANT != 6
              store(SCAVENGER, SCAVENGE, SEEN)
#endif
           fi
        :: else
        fi
     :: else
     fi
  od
}

proctype buffers() {
end:
  do
  :: flush_oldest(0)
  :: flush_oldest(1)
  :: flush_oldest(2)
  od
}

init {
  d_step { mem[STATUS] = PARKED; mem[SP] = SHALLOW };
  atomic { run machine(0); run machine(1); run scavenger(); run buffers() }
}
