// SPDX-License-Identifier: Apache-2.0
//
// The barrier that stores before it looks, the end of marking, and what must be looked at again:
// include/gander/internal/gc_runtime.h, src/collector/cycle.cc, docs/design/gc.md (H1, H20).
//
// What it models, and where that stands in the source:
//   goroutine()  moves pointers between a register and two fields of the heap; a store is that of
//                gc_store(), with a stop possible between any two of its steps; parks and goes on
//   collector()  its stops are one step each, in which nobody else takes one. begin(): a stop, in
//                which stacks and registers are looked at, or (LATE) those of who is parked only
//                when it is about to go on, or by the collector in between; marking, a field at a
//                time; end(): a stop, with what was shaded and what threads hold; rounds
// Memory needs no buffers: all that the collector reads of a thread it reads in a stop, which
// empties them, but for fields, where it may read what was there before or after.
//
// Three objects: 0 and 1 have a field each and are held by both stacks; what is stored are 0, 1 and
// 2. The whole of a snapshot is what matters, so nothing is allocated.
//
// Property: when marking has ended, all is marked that a stack, a register or a field of a marked
// object holds.
//
// Bounds: 2 goroutines, STEPS steps each. A field is stored into by one goroutine, and loaded from
// by both; with EXCHANGE both store, as atomic_ptr does. (With gc_store() both may not: mutant 11.)
//
// CONFIG snapshot: -DSTEPS=5
// CONFIG exchange: -DSTEPS=5 -DEXCHANGE
// CONFIG late:     -DSTEPS=5 -DEXCHANGE -DLATE
// CONFIG dijkstra: -DSTEPS=5 -DDIJKSTRA
//
// MUTANT 1 snapshot: gc_store: stores before it looks
// MUTANT 2 snapshot: gc_shade: what was overwritten
// MUTANT 3 snapshot: end: looks at what threads hold again
// MUTANT 4 snapshot: end: looks at what was shaded
// MUTANT 5 snapshot: begin: registers
// MUTANT 6 snapshot: begin: stacks of parked ones
// MUTANT 7 late: the stack of who is parked is looked at before it goes on
// MUTANT 8 dijkstra: gc_shade: what was written
// MUTANT 9 dijkstra: end: all stacks are looked at again
// MUTANT 10 late: end: waits for stacks that have not been looked at
// MUTANT 11 snapshot: gc_store: nobody else stores into the same field meanwhile
#ifndef MUTANT
#define MUTANT 0
#endif

#define GS 2
#define NONE 3
#define BIT(o) ((o) == NONE -> 0 : 1 << (o))

byte field[2];       // of objects 0 and 1
byte reg[GS];        // what a goroutine has loaded and not stored
byte old[GS];        // what gc_store() has loaded
bool parked[GS];
bool unseen[GS];     // LATE: a stack that has not been looked at since marking began

bool marking;
bool over;
byte marked;         // objects, and
byte looked;         // those whose field has been looked at
byte shaded;

// Both are known to everybody.
#define STACK (1 << 0 | 1 << 1)
#define REGISTERS(g) (BIT(reg[g]) | BIT(old[g]))  // of a parked one: on its stack

#if defined(EXCHANGE) || MUTANT == 11
#define MAY_STORE(f) 1
#else
#define MAY_STORE(f) (g == (f))
#endif

inline load() {
  if
  :: atomic { reg[g] = field[0] }
  :: atomic { reg[g] = field[1] }
  fi
}

inline shade() {
#ifdef DIJKSTRA
#if MUTANT != 8
  atomic { shaded = shaded | BIT(reg[g]) };
#endif
#else
#if MUTANT != 2
  atomic { shaded = shaded | BIT(old[g]) };
#endif
#endif
  skip
}

inline gc_store(f) {
#if MUTANT == 1
  if
  :: atomic { marking -> old[g] = field[f] }; shade()
  :: atomic { !marking -> skip }
  fi;
  atomic { field[f] = reg[g] };
#else
#ifdef EXCHANGE
  atomic { old[g] = field[f]; field[f] = reg[g] };
#else
  atomic { old[g] = field[f] };
  atomic { field[f] = reg[g] };
#endif
  if
  :: atomic { marking -> skip }; shade()
  :: atomic { !marking -> skip }
  fi;
#endif
  atomic { old[g] = NONE }
}

proctype goroutine(byte g) {
  byte left = STEPS;
  do
  :: left > 0 ->
     left--;
     if
     :: load()
     :: MAY_STORE(0) -> gc_store(0)
     :: MAY_STORE(1) -> gc_store(1)
     :: atomic { reg[g] = NONE }
     :: atomic { parked[g] = 1 };
        atomic {
#ifdef LATE
          if
#if MUTANT != 7
          :: unseen[g] -> marked = marked | STACK | REGISTERS(g); unseen[g] = 0
#endif
          :: else -> unseen[g] = 0
          fi;
#endif
          parked[g] = 0
        }
     fi
  :: else -> break
  od;
  // What it holds stays until marking is over.
  atomic { over -> skip }
}

inline look_at(g) {
  marked = marked | STACK;
#if MUTANT == 5
  if
  :: marking || parked[g] -> marked = marked | REGISTERS(g)
  :: else
  fi
#elif MUTANT == 6
  if
  :: marking || !parked[g] -> marked = marked | REGISTERS(g)
  :: else
  fi
#else
  marked = marked | REGISTERS(g)
#endif
}

#define ALL_LOOKED ((!(marked & 1) || (looked & 1)) && (!(marked & 2) || (looked & 2)))
#if defined(LATE) && MUTANT != 10
#define ALL_SEEN (!unseen[0] && !unseen[1])
#else
#define ALL_SEEN 1
#endif

// A field at a time; who marks may stop at any point, and others go on.
inline mark_all() {
  do
  :: atomic { marked & 1 && !(looked & 1) -> looked = looked | 1; marked = marked | BIT(field[0]) }
  :: atomic { marked & 2 && !(looked & 2) -> looked = looked | 2; marked = marked | BIT(field[1]) }
#ifdef LATE
  :: atomic { unseen[0] && parked[0] -> look_at(0); unseen[0] = 0 }
  :: atomic { unseen[1] && parked[1] -> look_at(1); unseen[1] = 0 }
#endif
  :: atomic { ALL_LOOKED && ALL_SEEN -> break }
  od
}

inline begin() {
  atomic {
    g = 0;
    do
    :: g < GS ->
       if
#ifdef LATE
       :: parked[g] -> unseen[g] = 1
#endif
       :: else -> look_at(g)
       fi;
       g++
    :: else -> break
    od;
    marking = 1
  }
}

proctype collector() {
  byte g;
  byte before;
  begin();
  do
  :: mark_all();
     atomic {
       before = marked;
#if MUTANT != 4
       marked = marked | shaded;
#endif
       g = 0;
       do
       :: g < GS ->
          if
#ifdef DIJKSTRA
#if MUTANT == 9
          :: parked[g] -> skip
#endif
#else
          :: parked[g] -> skip
#endif
          :: else ->
#if MUTANT != 3
             look_at(g);
#endif
             skip
          fi;
          g++
       :: else -> break
       od;
       // In the stop, or outside of it once more, when there is much to do.
       if
       :: before != marked -> skip  // a round
       :: true ->
          do
          :: marked & 1 && !(looked & 1) -> looked = looked | 1; marked = marked | BIT(field[0])
          :: marked & 2 && !(looked & 2) -> looked = looked | 2; marked = marked | BIT(field[1])
          :: else -> break
          od;
          marking = 0;
          assert(((STACK | REGISTERS(0) | REGISTERS(1)) & ~marked) == 0);
          assert(!(marked & 1) || !(BIT(field[0]) & ~marked));
          assert(!(marked & 2) || !(BIT(field[1]) & ~marked));
          over = 1;
          break
       fi
     }
  od
}

init {
  atomic {
    field[0] = 2;
    field[1] = NONE;
    reg[0] = NONE;
    reg[1] = NONE;
    old[0] = NONE;
    old[1] = NONE;
    run goroutine(0);
    run goroutine(1);
    run collector()
  }
}
