// SPDX-License-Identifier: Apache-2.0
//
// GODEBUG=gctrace=1: a line for each cycle, as Go prints it; and what is told when a thread keeps
// the collector waiting.
//
//     gc 1 @0.012s 2%: 0.03+1.2+0.05 ms clock, 0.06+0/1.2/0+0.1 ms cpu, 4->5->1 MB, 4 MB goal, …
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::collector {

class cycle_report {
 public:
  // In this order. The times of phases are those between two of them.
  void begin() noexcept;
  void marks() noexcept;
  void ends() noexcept;
  void sweeps(std::size_t stack_bytes, std::size_t global_bytes) noexcept;

  // In a stop, or on the way to it.
  void stopped(std::int64_t ns) noexcept;
  void waits_for(int tid) noexcept;

 private:
  std::int64_t begin_ns_ = 0;
  std::int64_t assisted_before_ns_ = 0;
  std::int64_t workers_before_ns_ = 0;
  std::int64_t marks_ns_ = 0;
  std::int64_t ends_ns_ = 0;
  std::int64_t stops_ns_[2] = {};
  int stops_ = 0;
  std::int64_t waits_since_ns_ = 0;
  std::int64_t told_ns_ = 0;
  std::int64_t first_ns_ = 0;   // when the first cycle began
  std::int64_t worked_ns_ = 0;  // in all cycles
  std::uint32_t number_ = 0;
};

}  // namespace gander::collector
