// SPDX-License-Identifier: Apache-2.0
//
// Asking a program where it is: stacks of goroutines, and how reports are written.
//
// All functions may be called by any goroutine and any plain thread; in a signal handler, only
// write_report() may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace gander::debug {

// The stack of the calling goroutine, or of all goroutines and of the threads that call the
// library, in the text of Go's reports. `all` stops the other threads by a signal (SIGURG) while
// their stacks are read: system calls may return EINTR. At most 64 MiB of text. Throws
// std::bad_alloc. Non-switching.
//
//     std::clog << gander::debug::stack();
std::string stack(bool all = false);

// Writes the stack of the calling goroutine to stderr. One of these three at a time: others wait,
// with their threads. Non-switching.
void print_stack() noexcept;

// Writes the stacks of all goroutines to `fd`, without memory from the heap; stops the others as
// stack(true) does. Frames of the runtime, and at `crash` all threads of the process, are there as
// the level says. Takes no lock that could be held: it works in a program that hangs, too. False
// when nothing could be written. Non-switching.
//
//     gander::debug::write_report(STDERR_FILENO);
//
// The one function of the library that signal handlers may call, whatever they interrupt. It waits
// for reports of other threads only; a handler that has interrupted a report of its own thread gets
// false. A thread that has not called the library before is `goroutine 0`.
bool write_report(int fd) noexcept;

// A goroutine that waits for ever: nobody who may still run can reach what it waits for.
struct leaked_goroutine {
  std::uint64_t id = 0;
  std::string stack;  // in the text of Go's reports, "goroutine 7 [chan receive (leaked)]:" first
};

// All goroutines that are leaked: the channels they wait on, or the locks, are known only to
// goroutines that are leaked themselves, and to objects of the collected heap that only such reach.
// None that could go on is among them, but for what a program hides: addresses that are stored
// otherwise than as they are, or unaligned, that stand only in memory that cannot be read, or that
// only the kernel or another process knows; and a lock in the collected heap must be known to who
// wakes by a pointer that the collector sees. Some that are leaked may be missing: a word of any
// memory that looks like the way to a channel counts as one. A goroutine that waits with a deadline
// is not leaked, nor is one that waits for the end of another.
//
//     for (const gander::debug::leaked_goroutine& g : gander::debug::goroutine_leaks())
//       std::clog << g.stack;
//
// Stops all threads of the process while all its memory is looked at, half a second for each GB,
// by a signal (SIGURG), and collects the collected heap. When a thread does not answer that signal,
// because it blocks it, or the system does not tell about memory (/proc), the answer is empty.
// GODEBUG=leakcheck=1 does the same at the end of each run, at exit(), and before the report that
// SIGQUIT asks for. Throws std::bad_alloc. Blocks the calling thread. Not in handlers.
std::vector<leaked_goroutine> goroutine_leaks();

// How much reports tell from now on: a word of GOTRACEBACK (none, single, all, system, crash). The
// last call counts, but nothing goes below what the environment says (`single` if it says nothing).
// At any time, also before the first run. Non-switching.
//
//     gander::debug::set_traceback("all");
void set_traceback(std::string_view level) noexcept;

// Reports of a dying process go to `fd`, too; -1: no more. The descriptor stays the caller's and
// must stay open. Non-switching.
void set_crash_output(int fd) noexcept;

// Whether a fault in the code of the calling goroutine is thrown as a gander::fault_error from now
// on, instead of ending the process; returns what was set before. Off in a new goroutine.
// Non-switching.
//
//     gander::debug::set_panic_on_fault(true);
//     try {
//       read_mapped_file();
//     } catch (const gander::fault_error& e) {
//       std::fprintf(stderr, "%s at %p\n", e.what(), e.address());
//     }
//
// The exception comes out of the instruction that raised SIGSEGV, SIGBUS or SIGFPE. GCC expects
// that only in code that is compiled with -fnon-call-exceptions (CMake: gander::fault_exceptions):
// elsewhere its function's own handlers and destructors may be left out, and those of callers that
// take the function for one that does not throw; or the process ends by the usual report of the
// fault. Clang has no such flag: there handlers and destructors of callers alone count, and only
// where it cannot know that what they call throws nothing.
//
// What ends the process all the same: an overflow of the stack; a signal that was sent; a fault
// inside of Gander, or of the shared libraries of the C and C++ languages (memcpy, strlen), whose
// locks the exception would leave held. In a program linked with -static those cannot be told from
// its own code. No effect on plain threads (false is returned), in a forked child, without
// run_options::crash_handlers, and under sanitizers that report faults (address, thread).
bool set_panic_on_fault(bool enabled) noexcept;

}  // namespace gander::debug

#pragma GCC visibility pop
