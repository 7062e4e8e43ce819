// SPDX-License-Identifier: Apache-2.0
//
// What uses CPU time: while a trace asks for it, each thread that runs goroutines is interrupted
// whenever it has used a hundredth of a second (SIGPROF), and leaves a sample: where it was, for
// which goroutine. Samples wait in a ring until the generation ends.
//
//     free → taken   the handler, by a swap; without a free slot the sample is lost
//     taken → full   the handler: written
//     full → free    the collector: read
//
// The collector, but for the handler, and look_for_threads(): sysmon.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trace/batch.h"

namespace gander::tracer::cpu_samples {

// False when the signal cannot be had. A handler of the program's for it is put back by end().
bool begin(int per_second) noexcept;
void end() noexcept;

// Threads that have come since.
void look_for_threads(std::int64_t now_ns) noexcept;

// The samples that are there, as batches of `generation`; their stacks become stacks of it.
// nullptr: none, or no memory.
trace::batch* take(std::uint32_t generation) noexcept;

}  // namespace gander::tracer::cpu_samples
