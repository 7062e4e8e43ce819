// SPDX-License-Identifier: Apache-2.0
//
// output: where the generations of a trace go, one after the other: a queue of bounded size and a
// thread that empties it into a sink. The sink may block for as long as it likes, or fail: the
// program and the collector go on, and what the queue cannot hold is dropped, a generation at a
// time.
//
// After a generation was dropped none follows: readers reconstruct what goroutines do from one
// generation to the next, and refuse a trace with a gap. All that is not written is counted.
//
//     idle → open        open(), by whoever starts a trace
//     open → closing     seal(): the queue is written to its end, or to the sink's
//     closing → idle     the thread, when it has left the sink
// Who asked for the end may be gone by then (a goroutine whose run has ended): nothing depends on
// him.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tracer/file_format.h"

namespace gander::tracer {

// Takes bytes; when it returns an error (of errno) it is not called again.
struct sink {
  int (*write)(void* self, const std::uint8_t* bytes, std::size_t size) = nullptr;
  void* self = nullptr;
  void (*end)(void* self) = nullptr;  // if any: called behind the last write
  bool is_users_code = false;         // a stream's, which may wake and wait for goroutines
  // Who ends the trace may be the one who takes its bytes, and is not made to wait for that.
  bool waits_for_user = false;
};

struct output_result {
  std::uint64_t generations = 0;  // written whole
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;  // generations: the sink was too slow, had failed, or memory was short
  int error = 0;              // the sink's
};

namespace output {

// False when one is open, or no thread can be had.
bool open(const sink& to, format version, std::size_t most_queued_bytes) noexcept;

// A generation has ended. nullptr: it was torn.
void add(generation* g) noexcept;

bool is_open() noexcept;

// No generation comes any more. The number of the trace that is, or was already, sealed and not yet
// written to its end; 0 when there is none.
using trace_number = std::uint32_t;
trace_number seal() noexcept;

// Blocks the thread until all of that trace has been written, or can't be; of a sink that waits for
// the user: does not, and tells what there is so far. Zeros when its result is no longer known, for
// other traces have been written since. Any thread, outside of the runtime.
output_result wait_for(trace_number number) noexcept;

}  // namespace output
}  // namespace gander::tracer
