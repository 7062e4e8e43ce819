// SPDX-License-Identifier: Apache-2.0
//
// x86-TSO for the models: each thread's stores go through a first-in-first-out buffer of BUF
// cells to memory.
//
// A thread sees its own stores at once (forwarding) and others only once they have left its
// buffer, which a process of its own lets happen at any time. Loads are in order, and so are
// stores; a store may pass a later load: that is all that TSO permits. A locked instruction (CAS,
// exchange, a lock's acquire and release) and a fence wait until the own buffer is empty. A model
// that includes this defines THREADS, CELLS and BUF (2 or 3), and names cells by number.
byte mem[CELLS];
byte at[THREADS * BUF];
byte value[THREADS * BUF];
byte pending[THREADS];

// Emptied cells are zeroed, so that equal buffers are equal states.
inline flush_oldest(t) {
  d_step {
    pending[t] > 0 ->
    mem[at[t * BUF]] = value[t * BUF];
    at[t * BUF] = at[t * BUF + 1];
    value[t * BUF] = value[t * BUF + 1];
#if BUF == 3
    at[t * BUF + 1] = at[t * BUF + 2];
    value[t * BUF + 1] = value[t * BUF + 2];
#endif
    at[t * BUF + BUF - 1] = 0;
    value[t * BUF + BUF - 1] = 0;
    pending[t]--
  }
}

inline store(t, cell, v) {
  d_step {
    pending[t] < BUF ->
    at[t * BUF + pending[t]] = cell;
    value[t * BUF + pending[t]] = v;
    pending[t]++
  }
}

// Youngest own store first, then memory. For use inside a step.
#if BUF == 3
#define FORWARD(t, cell) \
  (pending[t] > 2 && at[(t) * BUF + 2] == (cell) -> value[(t) * BUF + 2] : \
  (pending[t] > 1 && at[(t) * BUF + 1] == (cell) -> value[(t) * BUF + 1] : \
  (pending[t] > 0 && at[(t) * BUF] == (cell) -> value[(t) * BUF] : mem[cell])))
#else
#define FORWARD(t, cell) \
  (pending[t] > 1 && at[(t) * BUF + 1] == (cell) -> value[(t) * BUF + 1] : \
  (pending[t] > 0 && at[(t) * BUF] == (cell) -> value[(t) * BUF] : mem[cell]))
#endif

inline load(t, cell, x) { d_step { x = FORWARD(t, cell) } }

inline fence(t) { pending[t] == 0 }

inline cas(t, cell, old, new, won) {
  d_step {
    pending[t] == 0 ->
    won = (mem[cell] == old);
    if
    :: won -> mem[cell] = new
    :: else
    fi
  }
}

// What a mutant makes of a compare-and-swap: a load, a comparison, a plain store.
inline load_then_store(t, cell, old, new, won) {
  d_step { won = (FORWARD(t, cell) == old) }
  if
  :: won -> store(t, cell, new)
  :: else
  fi
}
