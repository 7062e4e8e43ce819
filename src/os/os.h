// SPDX-License-Identifier: Apache-2.0
//
// The contract of a port: everything the runtime asks of the operating system outside of crash
// handling. One folder per system implements it (os/linux/…); the build chooses the folder.
//
// Every function may be called from any thread and any stack; those marked [signal] also from a
// signal handler. Nothing here allocates from the C++ heap, apart from start_thread (the C
// library's own needs).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gander::os {

// --- futex: sleeping on a 32-bit word
// -------------------------------------------------------------

inline constexpr std::int64_t no_deadline = INT64_MAX;

// Sleeps while `word` holds `expected`, at most until `deadline_ns` on the clock of now_ns().
// May return early for no reason: callers loop. Returns false when the deadline has passed.
// [signal]
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t deadline_ns = no_deadline) noexcept;

// Wakes at most `count` sleepers. The word's memory may be gone already: the address is only a key.
// [signal]
void futex_wake(const std::atomic<std::uint32_t>& word, int count = 1) noexcept;

// --- clocks
// -------------------------------------------------------------------------------------------

// Monotonic time, the clock of every deadline in the runtime. [signal]
std::int64_t now_ns() noexcept;

// The CPU time that thread `tid` of this process has used, -1 when it is gone.
std::int64_t thread_cpu_ns(int tid) noexcept;

// What time it is, since 1970.
std::int64_t unix_now_ns() noexcept;

// Whether arch::read_cycles() counts time: at one rate, and alike on all processors.
bool cycles_are_time() noexcept;

// Blocks the calling thread. [signal]
void sleep_ns(std::int64_t duration_ns) noexcept;

// --- memory
// -------------------------------------------------------------------------------------------

std::size_t page_size() noexcept;

// Address space, zero, readable and writable, committed by touch; nullptr when there is none.
// Huge pages are refused: one touched byte must cost one page.
void* reserve(std::size_t size) noexcept;
// The same at this address, if nothing is there; else anywhere, or nullptr.
void* reserve_at(std::uintptr_t address, std::size_t size) noexcept;
void release(void* memory, std::size_t size) noexcept;

// The same in two steps: address space that faults on any access, and a part of it made usable,
// whole pages, for good. False when there is no memory.
void* reserve_untouchable(std::size_t size) noexcept;
bool make_usable(void* memory, std::size_t size) noexcept;

// How much address space the process may have; SIZE_MAX when unlimited.
std::size_t address_space_limit() noexcept;

// Gives the pages back; they read as zero afterwards.
void discard(void* memory, std::size_t size) noexcept;

// Whether the page at `memory` occupies memory.
bool is_resident(void* memory) noexcept;

// Makes [memory, memory+size) fault on any access. `light` guards cost no mapping and stand on
// kernels that know them (Linux 6.13); protect() splits the mapping, of which a process may have
// only so many.
bool guard_light(void* memory, std::size_t size) noexcept;
bool protect(void* memory, std::size_t size) noexcept;
std::size_t max_mappings() noexcept;

// The soft limit for the main thread's stack in bytes; SIZE_MAX when unlimited.
std::size_t main_stack_limit() noexcept;

// --- threads
// ------------------------------------------------------------------------------------------

int thread_id() noexcept;   // [signal]
int process_id() noexcept;  // [signal] never cached: a forked child must see its own

// Whether there is such a thread in this process; true, too, where the system does not tell.
bool thread_exists(int tid) noexcept;

// Starts a detached thread with `stack_size` bytes of stack and every blockable signal as in the
// thread that first called this. False when the system refuses.
bool start_thread(void (*body)(void*), void* argument, std::size_t stack_size,
                  const char* name) noexcept;

// A write to a pipe that nobody reads any more shall fail, on this thread, and not end the process.
void block_broken_pipe_signal() noexcept;

// Whether a thread that starts with this function is one of start_thread()'s.
bool is_start_of_worker(void* (*start)(void*)) noexcept;

// Sends `signal` to thread `tid` of this process every `period_ns` from now on; 0 ends that. One
// thread at a time, and one caller. False when the system refuses. [signal]
bool signal_periodically(int tid, int signal, std::int64_t period_ns) noexcept;

// Sends `signal` to thread `tid` of this process whenever it has used `period_ns` of CPU time,
// until the timer is stopped. It outlives the thread, and does nothing then.
using cpu_timer = std::intptr_t;
inline constexpr cpu_timer no_cpu_timer = -1;  // the system refused
cpu_timer start_cpu_timer(int tid, int signal, std::int64_t period_ns) noexcept;
void stop_cpu_timer(cpu_timer timer) noexcept;

// The bounds of the calling thread's stack as the C library knows them.
struct stack_bounds {
  std::uintptr_t low;
  std::uintptr_t high;
};
stack_bounds current_stack() noexcept;

// Where the calling thread's stack, and what the C library keeps above it, ends; not less than
// that. Unlike current_stack() it needs neither memory nor time. [signal]
std::uintptr_t end_of_current_stack() noexcept;

// Calls visit(to, begin, end) for the writable data of each module that is loaded. Takes the
// loader's lock.
void for_each_data_segment(void (*visit)(void* to, std::uintptr_t begin, std::uintptr_t end),
                           void* to) noexcept;

// Runs `body(argument)` when the calling thread ends; the last call of a thread counts.
void at_thread_exit(void (*body)(void*), void* argument) noexcept;

// Runs `body` in every forked child, on its only thread.
void at_fork_in_child(void (*body)()) noexcept;

void yield_thread() noexcept;

// As at exit(): writes out stdio's buffers, also where somebody holds a standard stream locked,
// who may wait for input for ever.
void flush_stdio() noexcept;

// A thread of this process as the kernel sees it; unknown when it has gone, or where a sandbox
// hides that.
enum class task_state : char { running, sleeping, unknown };
task_state state_of(int tid) noexcept;

// How many threads the process has, including those the runtime did not make; -1 when unknown.
int thread_count() noexcept;

// The processors this process may use: affinity mask, and the CPU quota of its control group
// rounded up.
int usable_cpus() noexcept;

// Whether these are more than one, as found at the first call, which reads files: without another
// one it is no use to spin.
bool has_several_cpus() noexcept;

// --- fences across threads
// ---------------------------------------------------------------------------

// True when fence_all_threads() can work: a full memory fence on every running thread of the
// process, which lets the other side of a Dekker pair get along with a compiler fence. Asked once,
// at start; where a sandbox refuses it later all the same it returns false.
bool asymmetric_fences_available() noexcept;
bool fence_all_threads() noexcept;

}  // namespace gander::os
