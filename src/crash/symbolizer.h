// SPDX-License-Identifier: Apache-2.0
//
// Names, files and lines for addresses of code, by libbacktrace, with a cache by pc.
//
// Until start_symbolizer() has been called symbolize() knows modules only. Both may be called
// anywhere, also in a handler: no malloc, no lock of the C library or the loader. It wants 256 KiB
// of stack. The first address in a module reads its debug information, which takes a tenth of a
// second for a large one; the file is opened then, under its path.
//
// It runs in a recoverable step: where the handlers of the process call step_recover(), a damaged
// file loses the names of its own module, not the report.
//
// One thread at a time does the reading; the others wait for it for at most 200 ms and do without.
// So whoever stops other threads and lets them go on afterwards holds the symbolizer from before
// that: none of them is then stopped in here. A crash reporter calls seize_symbolizer() instead.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "crash/module_table.h"

namespace gander::crash {

// One function at one pc; several for a physical frame, if calls were inlined into it.
struct logical_frame {
  std::string_view function;  // as go_function_name prints it; "?": unknown
  std::string_view file;      // the module's path, and line 0, where no line is known
  std::uint32_t line = 0;
  bool inlined = false;
  std::uintptr_t entry = 0;    // of the physical function; for +0x. 0: of the module's file
  const module* in = nullptr;  // nullptr: no module
  // Of runtime_frames.h, told here because a frame is shown many times and named once.
  bool hidden = false;             // below GOTRACEBACK=system
  std::string_view callable = {};  // callable_of_entry() of the physical function
};

bool start_symbolizer() noexcept;

// The logical frames at `pc`, innermost first; never empty, the last one is the physical function.
// For a return address the call before it is looked up. They stay valid for ever.
std::span<const logical_frame> symbolize(std::uintptr_t pc, bool is_return_address) noexcept;

template <typename Sink>
void symbolize(std::uintptr_t pc, bool is_return_address, Sink&& sink) {
  for (const logical_frame& frame : symbolize(pc, is_return_address)) sink(frame);
}

// Until let_go_of_symbolizer() only the calling thread reads. Waits for who is reading now, at most
// 2 s, ten times as long as a reader waits: a file is read in one go, and who does without names
// does so for all that follows. False where that was not enough, or where another thread holds it.
bool hold_symbolizer() noexcept;
void let_go_of_symbolizer() noexcept;

// Before a crash reporter stops the others: who is reading now, other than `dying`, may come to its
// end, for at most half a second. Else all that has been read of files would have to be read again.
void await_readers(int dying) noexcept;

// Takes the symbolizer from a thread that was stopped, or died, while it held it. Only when no
// other thread can be in it. What was read so far is kept in the cache; if a thread was in the
// middle of it, files are read anew.
void seize_symbolizer() noexcept;

// The calling thread has left a call of symbolize() by a jump.
void leave_symbolizer() noexcept;

// Forgets what belongs to addresses whose code was unloaded, here and in the unwinder.
void forget_unloaded_code() noexcept;

}  // namespace gander::crash
