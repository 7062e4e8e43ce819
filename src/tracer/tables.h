// SPDX-License-Identifier: Apache-2.0
//
// Writes the tables of a generation: its stacks, with the names of their frames, and its strings.
// By the collector, or by the crash reporter; takes the time that the symbolizer takes. Any stack
// with 256 KiB. [signal]
#pragma once

#include <cstdint>
#include <span>

namespace gander::tracer {

// Takes the tables, batch by batch.
class table_sink {
 public:
  // Where the payload of the next batch is to be written; empty when there is no memory.
  virtual std::span<std::uint8_t> room() noexcept = 0;
  // So much of it has been written.
  virtual bool take(std::size_t bytes) noexcept = 0;

 protected:
  ~table_sink() = default;
};

// False when the sink has failed.
bool write_tables(std::uint32_t generation, table_sink& to) noexcept;

}  // namespace gander::tracer
