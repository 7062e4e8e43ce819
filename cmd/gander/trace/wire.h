// SPDX-License-Identifier: Apache-2.0
//
// The outermost layer of a trace: 16 bytes of header, then batches, each of one generation and one
// thread. What a batch holds is not looked at here.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "trace/input.h"

namespace gander::tool {

struct batch {
  std::uint64_t offset = 0;  // of its first byte
  std::uint64_t generation = 0;
  std::uint64_t thread = 0;
  std::uint64_t time = 0;     // in units of the generation's clock
  bool experimental = false;  // in a format of its own
  std::uint64_t payload_offset = 0;
  std::vector<std::uint8_t> payload = {};

  byte_cursor cursor() const { return {payload, payload_offset}; }
  std::uint8_t kind() const { return payload.empty() ? std::uint8_t{0} : payload[0]; }
};

// Thrown inside of a batch that is cut off or wrong: what is known of where it belongs.
struct batch_error : format_error {
  batch_error(const format_error& error, std::uint64_t generation_read)
      : format_error(error), generation(generation_read) {}
  std::uint64_t generation;  // 0: not even that
};

class wire_reader {
 public:
  enum class item { batch, end_of_generation, end };
  static constexpr std::size_t largest_batch = 64 * 1024;

  explicit wire_reader(input& in);  // reads the header; throws format_error

  unsigned minor() const { return minor_; }  // of the version of Go in the header
  bool marks_generations() const { return minor_ >= 26; }
  std::uint64_t offset() const { return in_.offset(); }
  int error() const { return in_.error(); }

  item next(batch& result);  // throws batch_error

 private:
  std::uint64_t number();

  input& in_;
  unsigned minor_ = 0;
};

}  // namespace gander::tool
