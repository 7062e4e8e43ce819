// SPDX-License-Identifier: Apache-2.0
//
// Reads back the timed events of a batch. Believes nothing: what is cut off, or no event that we
// write, ends it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "trace/batch.h"
#include "trace/event.h"

namespace gander::tracer {

struct event {
  trace::kind kind{};
  std::uint64_t ticks = 0;
  std::array<std::uint64_t, 4> arguments{};
};

class event_reader {
 public:
  event_reader(const trace::batch& b, std::uint32_t used_bytes) noexcept
      : at_(b.payload()), end_(at_ + used_bytes), ticks_(b.time_ticks) {}

  bool next(event& out) noexcept;

 private:
  bool varint(std::uint64_t& out) noexcept;

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::uint64_t ticks_;
};

}  // namespace gander::tracer
