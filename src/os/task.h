// SPDX-License-Identifier: Apache-2.0
//
// The threads and the mappings of this process, as the kernel tells of them: for reports, which
// know nothing else of threads that do not answer, and of addresses that are not ours.
//
// [signal], all of it. Any thread, any stack; needs 6 KiB of it. Everything may be refused by a
// sandbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace gander::os {

// --- threads

// Visits the ids of all threads, in no order; threads that start or end meanwhile may be missed.
// False: the system does not tell.
bool for_each_task(void (*visit)(int tid, void* argument), void* argument) noexcept;

struct task_status {
  char state = 0;             // R running, S sleeping, D uninterruptible, T or t stopped, Z dead
  std::uint64_t blocked = 0;  // bit N-1: signal N
  char name[64] = {};         // printable; the kernel's has at most 15 characters
};

// False: no such thread, or the system does not tell.
bool read_task_status(int tid, task_status& out) noexcept;

// Where a thread is that does not run: in which system call, if any.
struct task_call {
  static constexpr std::size_t argument_count = 6;
  long number = 0;  // -1: none
  std::uintptr_t arguments[argument_count] = {};
  std::uintptr_t sp = 0;
  std::uintptr_t pc = 0;
};

// False: it runs, or has gone, or the system does not tell.
bool read_task_call(int tid, task_call& out) noexcept;

// The name of a system call and how many arguments it has; "" and 6 where that is not known.
struct system_call {
  const char* name = "";
  unsigned arguments = task_call::argument_count;
};
system_call system_call_of(long number) noexcept;

// --- mappings

struct mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  std::uint64_t offset = 0;  // in the file
  std::string_view name;     // "[heap]", a path, or ""; gone after the visit
};

// Visits all mappings, by address, until visit returns false. False: the system does not tell.
bool for_each_mapping(bool (*visit)(const mapping& m, void* argument), void* argument) noexcept;

template <typename Visit>
bool for_each_mapping(Visit&& visit) noexcept {
  using type = std::remove_reference_t<Visit>;
  return for_each_mapping([](const mapping& m, void* v) { return (*static_cast<type*>(v))(m); },
                          &visit);
}

template <typename Visit>
bool for_each_task(Visit&& visit) noexcept {
  using type = std::remove_reference_t<Visit>;
  return for_each_task([](int tid, void* v) { (*static_cast<type*>(v))(tid); }, &visit);
}

}  // namespace gander::os
