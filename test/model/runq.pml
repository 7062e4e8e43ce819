// SPDX-License-Identifier: Apache-2.0
//
// The run queue of a P: src/sched/runq.h and runq.cc.
//
// What it models, and where that stands in the source:
//   owner()      put_next(), put(), spill() and get(); its stores go through a store buffer
//                (tso.h)
//   thief()      grab(): half of the ring, or `next` when the ring is empty
//   robbed()     a thief that takes several with steal_from(), and is stolen from by another()
//                while it puts them into its own ring
//   looker()     empty()
//   SLOTS        2 (or 4) in place of 1,024; positions are not reduced until a slot is addressed,
//                as in the source
// A G is a number from 1 on. The spilled ones count as queued elsewhere.
//
// Properties:
//   - each G is taken once: neither twice nor one that was never put (taken[])
//   - none is lost: in the end what was put has been taken or spilled
//   - empty() says so only if each G that was submitted when it began has been taken, or kicked
//     out of `next`, since: a kicked G is in no queue for a moment, and counts as submitted anew,
//     for its owner goes on to wake_p()
//
// Bounds: the owner puts ITEMS Gs and gets some of them at any point in between; THIEVES thieves
// of one attempt each that succeeds or finds nothing; buffers of 3 stores.
//
// CONFIG ring:   -DITEMS=4 -DTHIEVES=2 -DNEXT=0 -DLOOKS=0
// CONFIG next:   -DITEMS=4 -DTHIEVES=2 -DNEXT=1 -DLOOKS=0
// CONFIG empty:  -DITEMS=4 -DTHIEVES=1 -DNEXT=1 -DLOOKS=1
// CONFIG several: -DITEMS=4 -DTHIEVES=0 -DNEXT=0 -DLOOKS=0 -DSLOTS=4 -DSEVERAL
//
// MUTANT 1 ring: put: the slot is stored before tail (release)
// MUTANT 2 ring: get: compare-and-swap of head
// MUTANT 3 ring: grab: compare-and-swap of head
// MUTANT 4 ring: spill: compare-and-swap of head
// MUTANT 5 ring: grab: the slots are read before the swap of head (release)
// MUTANT 6 next: put_next: exchange
// MUTANT 7 next: get: compare-and-swap of next
// MUTANT 8 next: grab: compare-and-swap of next
// MUTANT 9 empty: put_next: full fence after the kicked one is in the ring
// MUTANT 10 ring: grab: head is read before tail (acquire)
// MUTANT 11 several: steal_from: the slots are stored before tail (release)
// MUTANT 12 several: grab: compare-and-swap of head
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifdef SEVERAL
#define THREADS 2
#else
#define THREADS 1
#endif
#define BUF 3
#define CELLS (SLOTS + 2 + SLOTS / 2 + 1)
#include "tso.h"

#define SLOT(position) ((position) % SLOTS)
#define TAIL SLOTS
#define NEXT_G (SLOTS + 1)
#define LOOT(position) (SLOTS + 2 + (position))  // the robbed thief's ring
#define LOOT_TAIL (SLOTS + 2 + SLOTS / 2)

byte head;             // changed by locked instructions only: no buffer
byte loot_head;
bool taken[ITEMS + 1];
byte taken_count;
byte submitted[ITEMS + 1];  // 0: not, or on its way; else how often
byte finished;

inline take(g) { assert(g != 0 && !taken[g]); taken[g] = 1; taken_count++ }

inline swap_head(old, won) {
  won = (head == old);
  if
  :: won -> head = old + 1
  :: else
  fi
}

inline put(g) {
  do
  :: true ->
    h = head;
    t = FORWARD(0, TAIL);
    if
    :: t - h < SLOTS ->
#if MUTANT == 1
      i = t + 1;
      store(0, TAIL, i);
      store(0, SLOT(t), g);
#else
      store(0, SLOT(t), g);
      i = t + 1;
      store(0, TAIL, i);
#endif
      break
    :: t - h == SLOTS ->
      i = FORWARD(0, SLOT(h));  // half of two
#ifdef SEVERAL
      assert(false);  // as many slots as items: never full
#endif
#if MUTANT == 4
      swap_head(h, won);
      if
      :: won -> atomic { take(i); take(g) }
      :: else
      fi;
#else
      atomic {
        pending[0] == 0;
        swap_head(h, won);
        if
        :: won -> take(i); take(g)
        :: else
        fi
      }
#endif
      if
      :: won -> break
      :: else
      fi
    fi
  od;
  atomic { h = 0; t = 0; i = 0; won = 0 }
}

inline get() {
#if NEXT
  g = FORWARD(0, NEXT_G);
  if
  :: g != 0 ->
#if MUTANT == 7
    load_then_store(0, NEXT_G, g, 0, won);
    if
    :: won -> atomic { take(g) }
    :: else
    fi
#else
    atomic {
      pending[0] == 0;
      won = (mem[NEXT_G] == g);
      if
      :: won -> mem[NEXT_G] = 0; take(g)
      :: else
      fi
    }
#endif
  :: else
  fi;
  if
  :: won
  :: else ->
#endif
    do
    :: true ->
      h = head;
      if
      :: h == FORWARD(0, TAIL) -> break
      :: else
      fi;
      g = FORWARD(0, SLOT(h));
#if MUTANT == 2
      swap_head(h, won);
      if
      :: won -> atomic { take(g) }
      :: else
      fi;
#else
      atomic {
        pending[0] == 0;
        swap_head(h, won);
        if
        :: won -> take(g)
        :: else
        fi
      }
#endif
      if
      :: won -> break
      :: else
      fi
    od
#if NEXT
  fi
#endif
  ;
  atomic { h = 0; g = 0; won = 0 }
}

proctype owner() {
  byte n, g, h, t, i, old;
  bool won;
  do
  :: n < ITEMS ->
    n++;
#if NEXT
#if MUTANT == 6
    g = FORWARD(0, NEXT_G);
    store(0, NEXT_G, n);
#else
    d_step { pending[0] == 0 -> g = mem[NEXT_G]; mem[NEXT_G] = n; submitted[g] = 0 }
#endif
    old = g;
    if
    :: g != 0 -> put(g); g = 0
    :: else
    fi;
#else
    g = n;
    put(g);
    g = 0;
#endif
#if LOOKS
    // What wake_p() does next relies on this.
    atomic {
#if MUTANT != 9
      pending[0] == 0;
#endif
      submitted[n] = 1;
      if
      :: old != 0 -> submitted[old] = 2
      :: else
      fi;
      old = 0
    }
#endif
    if
    :: get()
    :: true
    fi
  :: else -> break
  od;
#ifdef SEVERAL
  finished == 2;
#else
  finished == THIEVES + LOOKS;
#endif
  n = 0;
  do
  :: n < ITEMS -> n++; get()
  :: else -> break
  od;
  assert(taken_count == ITEMS)
}

proctype thief() {
  byte h, t, count, a;
  bool won;
  do
  :: true ->
#if MUTANT == 10
    t = mem[TAIL];
    h = head;
#else
    h = head;
    t = mem[TAIL];
#endif
    count = t - h;
    count = count - count / 2;
    if
    :: count == 0 ->
#if NEXT
      a = mem[NEXT_G];
      if
      :: a == 0 -> break
      :: else
      fi;
#if MUTANT == 8
      won = (mem[NEXT_G] == a);
      if
      :: won -> mem[NEXT_G] = 0; atomic { take(a) }
      :: else
      fi;
#else
      atomic {
        won = (mem[NEXT_G] == a);
        if
        :: won -> mem[NEXT_G] = 0; take(a)
        :: else
        fi
      }
#endif
      if
      :: won -> break
      :: else
      fi
#else
      break
#endif
    :: count > 0 ->
      // More than half of SLOTS: head has moved since it was read, so the swap will fail. No
      // check of its own for that.
#if MUTANT == 5
      atomic { swap_head(h, won) }
      if
      :: won -> a = mem[SLOT(h)]; atomic { assert(count <= SLOTS / 2); take(a) }
      :: else
      fi;
#elif MUTANT == 3
      a = mem[SLOT(h)];
      swap_head(h, won);
      if
      :: won -> atomic { assert(count <= SLOTS / 2); take(a) }
      :: else
      fi;
#else
      a = mem[SLOT(h)];
      atomic {
        swap_head(h, won);
        if
        :: won -> assert(count <= SLOTS / 2); take(a)
        :: else
        fi
      }
#endif
      if
      :: won -> break
      :: else
      fi
    fi
  od;
  atomic { h = 0; t = 0; count = 0; a = 0; won = 0; finished++ }
}

#ifdef SEVERAL
proctype robbed() {
  byte h, t, count, a, b;
  bool won;
  do
  :: true ->
    h = head;
    t = mem[TAIL];
    count = t - h;
    count = count - count / 2;
    if
    :: count == 0 -> break
    :: count > SLOTS / 2 -> count = SLOTS / 2  // as the source has it; the swap will fail
    :: else
    fi;
    a = mem[SLOT(h)];
    b = mem[SLOT(h + 1)];
#if MUTANT != 11
    store(1, LOOT(0), a);
    store(1, LOOT(1), b);
#endif
#if MUTANT == 12
    won = (head == h);
    if
    :: won -> head = h + count
    :: else
    fi;
#else
    atomic {
      pending[1] == 0;
      won = (head == h);
      if
      :: won -> head = h + count
      :: else
      fi
    }
#endif
    if
    :: !won
    :: won && count == 1 -> atomic { take(a) }; break
    :: won && count == 2 ->
      atomic { take(b) }
      store(1, LOOT_TAIL, 1);
#if MUTANT == 11
      store(1, LOOT(0), a);
      store(1, LOOT(1), b);
#endif
      break
    fi
  od;
  // It runs what is left, unless another was faster.
  h = loot_head;
  if
  :: h != FORWARD(1, LOOT_TAIL) ->
    a = FORWARD(1, LOOT(h));
    atomic {
      pending[1] == 0;
      if
      :: loot_head == h -> loot_head++; take(a)
      :: else
      fi
    }
  :: else
  fi;
  atomic { h = 0; t = 0; count = 0; a = 0; b = 0; won = 0; finished++ }
}

proctype another() {
  byte h, a;
  h = loot_head;
  if
  :: h != mem[LOOT_TAIL] ->
    a = mem[LOOT(h)];
    atomic {
      if
      :: loot_head == h -> loot_head++; take(a)
      :: else
      fi
    }
  :: else
  fi;
  atomic { h = 0; a = 0; finished++ }
}
#endif

// empty(), as the parking protocol uses it after it has given up the P.
#if LOOKS
proctype looker() {
  byte h, t, n, i;
  byte before[ITEMS + 1];
  d_step {
    for (i : 1 .. ITEMS) { before[i] = submitted[i] }
  }
  h = head;
  t = mem[TAIL];
  n = mem[NEXT_G];
  atomic {
    if
    :: h == t && n == 0 ->
      for (i : 1 .. ITEMS) { assert(before[i] == 0 || before[i] != submitted[i] || taken[i]) }
    :: else
    fi;
    finished++
  }
}
#endif

proctype buffer(byte m) {
end:
  do
  :: flush_oldest(m)
  od
}

init {
  atomic {
    run buffer(0);
    run owner();
#ifdef SEVERAL
    run buffer(1);
    run robbed();
    run another();
#endif
#if THIEVES > 0
    run thief();
#endif
#if THIEVES > 1
    run thief();
#endif
#if LOOKS
    run looker();
#endif
  }
}
