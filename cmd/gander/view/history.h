// SPDX-License-Identifier: Apache-2.0
//
// What happened to each goroutine, and what each did: of all goroutines in one array, by goroutine
// and then by time, so that a goroutine's history is a part of it and a time in it is found by
// halving.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/event_type.h"
#include "view/chunked.h"
#include "view/row.h"

namespace gander::tool {

constexpr std::uint32_t nobody = ~std::uint32_t{0};

struct moment {
  std::int64_t time_ns = 0;
  // A goroutine's number, or `nobody`: who unblocked or created it; whom it unblocked or created.
  // When it begins to run: the number of its P.
  std::uint32_t other = nobody;
  std::uint32_t stack = 0;  // of who did it
  std::uint32_t name = 0;   // why it waits; of a region, a label, ...
  event_type type = event_type::none;
  // Which state it is in from here on; of what it did itself that changes none: the one it had.
  goroutine_state state = goroutine_state::none;
  bool changes = false;  // the state
};

class history {
 public:
  // In the order of time, for each goroutine.
  void add(std::uint32_t goroutine, const moment& m);
  // After the last, and before anything is asked. REQUIRES: the last that changes a goroutine's
  // state leaves it with none.
  void complete(std::size_t goroutines);

  std::size_t size() const { return moments_.size(); }
  // Of a goroutine: moments [begin, end).
  std::size_t begin(std::uint32_t goroutine) const { return begins_[goroutine]; }
  std::size_t end(std::uint32_t goroutine) const { return begins_[goroutine + 1]; }
  const moment& operator[](std::size_t i) const { return moments_[i]; }
  // The first of a goroutine that is not before the time.
  std::size_t from(std::uint32_t goroutine, std::int64_t time_ns) const;
  // Those that change its state; `i` counts from its first.
  std::size_t changes(std::uint32_t goroutine) const {
    return change_begins_[goroutine + 1] - change_begins_[goroutine];
  }
  const moment& change(std::uint32_t goroutine, std::size_t i) const {
    return moments_[changes_[change_begins_[goroutine] + i]];
  }
  kind_times times(std::uint32_t goroutine, std::size_t first, std::size_t last) const;

 private:
  void sort(std::size_t goroutines);
  std::int64_t length(std::size_t change) const;

  chunked<moment> moments_;
  chunked<std::uint32_t> owners_;    // of each moment, until they are sorted
  std::vector<std::size_t> begins_;  // of each goroutine, and the end
  std::vector<std::uint32_t> changes_;
  std::vector<std::size_t> change_begins_;
  partial_sums sums_;  // of changes
};

// A goroutine's states as a row of the timeline.
class goroutine_row : public row {
 public:
  goroutine_row(const history& of, std::uint32_t goroutine) : of_(of), goroutine_(goroutine) {}

  std::size_t size() const override { return of_.changes(goroutine_); }
  std::int64_t time_ns(std::size_t i) const override { return of_.change(goroutine_, i).time_ns; }
  row_kind kind(std::size_t i) const override {
    return static_cast<row_kind>(of_.change(goroutine_, i).state);
  }
  kind_times times(std::size_t first, std::size_t last) const override {
    return of_.times(goroutine_, first, last);
  }

 private:
  const history& of_;
  std::uint32_t goroutine_;
};

}  // namespace gander::tool
