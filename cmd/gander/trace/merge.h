// SPDX-License-Identifier: Apache-2.0
//
// The events of all threads of a generation in one order: by time as far as the rules of the
// scheduler allow it. Clocks of processors differ by little, and a thread may be interrupted
// between what it does and what it writes; so times suggest, and sequence numbers decide.
//
// Each thread has a cursor. Those whose next event may be tried are in a heap, by its time; the
// others stand under what they wait for. (Go's reader tries all of them again at each step, which
// takes the square of their number in a bad file.)
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "trace/scheduler.h"

namespace gander::tool {

class merger {
 public:
  merger(const generation& tables, scheduler& rules);

  // Appends the next event, and what is derived of it, to `out`; false: that was all of them.
  // Throws order_error.
  bool next(std::vector<event>& out);

  // Time of the event that will be tried next, in units of the clock; false: there is none.
  bool soonest(std::uint64_t& time) const;

 private:
  struct cursor {
    std::uint64_t thread = 0;
    const std::vector<batch>* batches = nullptr;
    std::size_t next_batch = 0;
    byte_cursor at = {};
    raw_event event = {};  // at hand
    bool advance();        // false: no more
  };
  struct hash {
    std::size_t operator()(const scheduler::condition& c) const;
  };

  struct later {
    const std::vector<cursor>& cursors;
    bool operator()(std::size_t a, std::size_t b) const;
  };

  void push(std::size_t index);
  void wake();
  [[noreturn]] void stuck();

  scheduler& rules_;
  std::vector<cursor> cursors_;
  std::vector<std::size_t> ready_;  // a heap
  std::unordered_map<scheduler::condition, std::vector<std::size_t>, hash> waiting_;
  std::size_t waiting_count_ = 0;
};

}  // namespace gander::tool
