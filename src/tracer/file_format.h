// SPDX-License-Identifier: Apache-2.0
//
// Generations as a file holds them: a header, and for each its batches behind their heads. Reads
// what is given to it and nothing else; also for the crash reporter. [signal]
#pragma once

#include <cstddef>
#include <cstdint>

#include "tracer/generation.h"

namespace gander::tracer {

// The version of the format: readers since Go 1.23, which Debian has, or since Go 1.26: what is cut
// off can be read up to the last complete generation there.
enum class format : std::uint8_t { go_1_23 = 23, go_1_26 = 26 };

// A batch's head in a file; returns the byte behind it. At most batch_header_bytes.
inline constexpr std::size_t batch_header_bytes = 1 + 4 * 10;
std::uint8_t* put_batch_header(std::uint8_t* to, std::uint32_t generation, std::uint64_t thread,
                               std::uint64_t time_ticks, std::size_t payload_bytes) noexcept;

// The batch that says how fast the clock runs and, since Go 1.25, what time it was; a generation
// begins with it. At most sync_bytes.
inline constexpr std::size_t sync_bytes = batch_header_bytes + 64;
std::uint8_t* put_sync(std::uint8_t* to, std::uint32_t generation, const clock_reading& at,
                       format version) noexcept;

inline constexpr std::size_t file_header_bytes = 16;
void put_file_header(format version, std::uint8_t* out) noexcept;

// Walks over the bytes of a generation in a file: next() gives one piece after the other, empty at
// the end. A piece is valid until the next call.
class pieces {
 public:
  pieces(const generation& g, format version) noexcept
      : generation_(g), version_(version), next_batch_(g.batches) {}

  struct piece {
    const std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
  };
  piece next() noexcept;

 private:
  enum class step : std::uint8_t { sync, header, payload, done };

  const generation& generation_;
  format version_;
  const trace::batch* next_batch_;
  step step_ = step::sync;
  std::uint8_t buffer_[sync_bytes] = {};
};

}  // namespace gander::tracer
