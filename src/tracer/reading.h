// SPDX-License-Identifier: Apache-2.0
//
// A trace that the program reads itself: through a pipe of its own. The output's thread writes it;
// who reads blocks in a system call, as with any other pipe, so that no P waits with him.
//
// Any goroutine, any thread, outside of the runtime.
#pragma once

#include <cstddef>

#include "tracer/collector.h"

namespace gander::tracer::reading {

// As tracer::start(), whose sink it sets. already_on, too, until the last such trace has been read
// to its end; no_descriptor.
outcome start(start_request request) noexcept;

// Blocks until there are bytes; how many it has stored. 0: at the end, or when there is no trace to
// read. One after the other: who comes while another one reads waits for that one.
std::size_t read(void* to, std::size_t most) noexcept;

}  // namespace gander::tracer::reading
