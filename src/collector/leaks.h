// SPDX-License-Identifier: Apache-2.0
//
// Leaked goroutines: those that wait for what nobody who may run can reach any more, and so for
// ever. docs/design/leaks.md says why none is accused that could go on.
//
// The collector's thread searches, before a cycle, in a stop of all threads of the process, and
// notes what it finds in g_record::leaked, where reports find it.
#pragma once

#include <cstddef>

namespace gander::collector::leaks {

// Searches; what it found is noted when this returns, until the next search. In user code.
void find() noexcept;

// GODEBUG=leakcheck=1: from now on SIGQUIT's report comes after a search, and exit() in a run tells
// of leaks. Any thread, repeatedly.
void watch() noexcept;

// Searches, and writes what was found to stderr. On a goroutine, in user code.
void report() noexcept;

// The collector's thread: what was asked for, if it was.
void search_if_wanted() noexcept;

}  // namespace gander::collector::leaks
