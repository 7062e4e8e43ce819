// SPDX-License-Identifier: Apache-2.0
//
// Who runs on this thread. The only thread-local of the runtime, read by one volatile load and
// nothing else: see GANDER_LOAD_TLS. The answer of current_m() holds until the next switching call,
// never longer. The symbol is visible for note_holder.h alone.
#pragma once

#include "sched/m.h"

extern "C" {
// gander:the-one-thread-local
extern __thread gander::M* gander_current_m
    [[gnu::tls_model("initial-exec"), gnu::visibility("default")]];
}

namespace gander {

// nullptr on a thread that has never called the runtime. [signal]
inline M* current_m() noexcept {
  M* m;
  GANDER_LOAD_TLS(gander_current_m, m);
  return m;
}

// Gives the calling thread, which the runtime did not make, a pseudo-M and a pseudo-G; they go with
// the thread.
M* attach_foreign_thread() noexcept;

inline M* current_or_attach() noexcept {
  M* m = current_m();
  return m != nullptr ? m : attach_foreign_thread();
}

// The calling goroutine, or the pseudo-G of a foreign thread.
inline G* current_g() noexcept { return current_or_attach()->curg; }

}  // namespace gander
