// SPDX-License-Identifier: Apache-2.0
//
// What a row of the timeline shows: points in time, sorted; what a point says holds until the next
// one. And how long each kind of thing lasted, for any part of a row, without looking at all of it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace gander::tool {

// Of a goroutine: its states, by their numbers (goroutine_state). Of a P: running, or in a system
// call. Of the stops of the world and of the collector: running. 0: nothing, or not known.
using row_kind = std::uint8_t;
constexpr std::size_t row_kinds = 5;

// By kind, how long; at 0 how many points there are of any other kind.
using kind_times = std::array<std::int64_t, row_kinds>;

// Invariants: times do not decrease; the last point is of kind 0.
class row {
 public:
  virtual ~row() = default;
  virtual std::size_t size() const = 0;
  virtual std::int64_t time_ns(std::size_t i) const = 0;
  virtual row_kind kind(std::size_t i) const = 0;
  virtual kind_times times(std::size_t first, std::size_t last) const = 0;  // of [first, last)
};

// Sums up to each 64th point: 0.6 bytes for each, and any part of a row is known after 126 steps.
class partial_sums {
 public:
  static constexpr std::size_t step = 64;

  // For each point, in their order.
  void add(row_kind kind, std::int64_t ns) {
    if (count_++ % step == 0) sums_.push_back(sum_);
    count(sum_, kind, ns);
  }

  // `at(i, kind, ns)` sets what was added for point i.
  template <class At>
  kind_times between(std::size_t first, std::size_t last, At at) const {
    kind_times result = up_to(last, at);
    const kind_times before = up_to(first, at);
    for (std::size_t i = 0; i < row_kinds; ++i) result[i] -= before[i];
    return result;
  }

 private:
  static void count(kind_times& to, row_kind kind, std::int64_t ns) {
    if (kind == 0) return;
    to[kind] += ns;
    ++to[0];
  }

  template <class At>
  kind_times up_to(std::size_t point, At at) const {
    if (point >= count_) return sum_;
    kind_times result = sums_[point / step];
    for (std::size_t i = point / step * step; i < point; ++i) {
      row_kind kind = 0;
      std::int64_t ns = 0;
      at(i, kind, ns);
      count(result, kind, ns);
    }
    return result;
  }

  std::vector<kind_times> sums_;
  kind_times sum_ = {};
  std::size_t count_ = 0;
};

// A row that is written from the front to the end.
class plain_row : public row {
 public:
  // `what`: a goroutine's number, or a name's. REQUIRES: not before the last point.
  void add(std::int64_t time_ns, row_kind kind, std::uint32_t what) {
    if (kind == 0 && (points_.empty() || points_.back().kind == 0)) return;
    points_.push_back({time_ns, what, kind});
  }
  void complete() {
    points_.shrink_to_fit();
    for (std::size_t i = 0; i < points_.size(); ++i) sums_.add(points_[i].kind, length(i));
  }
  std::int64_t end_ns() const { return points_.empty() ? -1 : points_.back().time_ns; }
  std::uint32_t what(std::size_t i) const { return points_[i].what; }

  std::size_t size() const override { return points_.size(); }
  std::int64_t time_ns(std::size_t i) const override { return points_[i].time_ns; }
  row_kind kind(std::size_t i) const override { return points_[i].kind; }
  kind_times times(std::size_t first, std::size_t last) const override {
    return sums_.between(first, last, [this](std::size_t i, row_kind& kind, std::int64_t& ns) {
      kind = points_[i].kind;
      ns = length(i);
    });
  }

 private:
  struct point {
    std::int64_t time_ns;
    std::uint32_t what;
    row_kind kind;
  };
  std::int64_t length(std::size_t i) const {
    return i + 1 < points_.size() ? points_[i + 1].time_ns - points_[i].time_ns : 0;
  }

  std::vector<point> points_;
  partial_sums sums_;
};

}  // namespace gander::tool
