// SPDX-License-Identifier: Apache-2.0
//
// How much a report tells: GOTRACEBACK, with Go's words and Go's meaning.
//
//     none, 0      the first lines only
//     single, ""   the goroutine at fault, without frames of the runtime
//     all, 1       and all other goroutines
//     system, 2    and frames of the runtime, addresses
//     crash        as system, then SIGABRT
// Numbers above 2 are `system`, other words are `none` with all goroutines, which shows nothing: so
// says Go's table. Any thread; in handlers too, but for read_environment().
#pragma once

#include <string_view>

namespace gander::crash {

struct traceback_level {
  int level = 1;       // 0: no stacks; 1: without, 2: with the runtime's frames
  bool all = false;    // all goroutines
  bool crash = false;  // end by SIGABRT
};

traceback_level parse_traceback(std::string_view word) noexcept;

// The level in force: the higher of what the environment says and of what set_traceback() was last
// told, so that a program can raise the level for a while, but not take away what whoever started
// it has asked for.
traceback_level current_traceback() noexcept;
void read_traceback_environment() noexcept;
void set_traceback(traceback_level to) noexcept;

}  // namespace gander::crash
