// SPDX-License-Identifier: Apache-2.0
//
// One search for leaked goroutines, in a stop of all threads of the process.
//
// A goroutine is a *suspect* while it waits for channels, a lock, or nothing at all. Everybody else
// lives, and so does a suspect as soon as somebody can wake him:
//   - the address of a channel that he waits for stands somewhere, or
//   - an address on his stack does: a channel's handle may lie there, and who wakes him from a lock
//     finds him in its list of waiters
// Somewhere is: on the stack or in the registers of somebody who lives, in an object of the heap
// that is reached from there or from a root, or in any other memory of the process, whoever it
// belongs to. What stands in a channel itself, whose list of waiters leads to them, does not count:
// one has to have the channel. Who is a suspect in the end is leaked.
//
// No memory but the system's. On the thread that holds the stop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory_range.h"
#include "collector/process_memory.h"
#include "collector/scan.h"
#include "gc/marker.h"
#include "os/mapped_array.h"
#include "sched/g_table.h"

namespace gander::collector {

class leak_search {
 public:
  // REQUIRES: all threads stand still; everything is swept, and no marking is under way.
  // False: the search could not be made, and nobody is accused. Notes g_record::leaked of all.
  bool run(const data_segments& globals) noexcept;

 private:
  struct suspect {
    g_record* record = nullptr;
    std::uintptr_t low = 0;  // of what it uses of its stack
    std::uintptr_t high = 0;
    bool lives = false;
  };
  struct channel {
    std::uintptr_t address = 0;  // 0: a free place of the table
    std::uint32_t first = 0;     // of those that wait for it: an edge's index + 1
    bool lives = false;
  };
  struct edge {
    std::uint32_t suspect = 0;
    std::uint32_t next = 0;  // index + 1
  };

  template <typename Visit>
  static bool for_each_channel_of(const g_record& record, Visit&& visit) noexcept;

  bool find_suspects() noexcept;
  void find_channels() noexcept;
  void enter(std::uintptr_t address, std::uint32_t who) noexcept;
  channel& place_of(std::uintptr_t address) noexcept;
  suspect* find_on_stack(std::uintptr_t word) noexcept;
  bool leave_out(process_memory& all) noexcept;

  void look_at(std::uintptr_t word) noexcept;
  void look_through(std::uintptr_t begin, std::uintptr_t end) noexcept;
  void becomes_live(channel& c) noexcept;
  void becomes_live(suspect& s) noexcept;
  void settle(gc::marker& marker) noexcept;
  bool look_everywhere(const data_segments& globals, process_memory& others) noexcept;
  void note_results(bool complete) noexcept;

  os::mapped_array<suspect> suspects_;  // by address
  os::mapped_array<channel> channels_;  // open addressing
  os::mapped_array<edge> edges_;
  os::mapped_array<std::uint32_t> alive_;  // suspects that live and have not been looked at

  // Bounds for a quick no.
  memory_range bounds_;  // of channels
  memory_range stacks_;

  // Words are those of threads. One without a P may be about to wake somebody whom it has taken off
  // a list already, and have nothing of him but the address of his G, which is his stack's end.
  // (Elsewhere that address says nothing: it stays in queues when he has long gone on.)
  bool in_threads_ = false;
};

}  // namespace gander::collector
