// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gander::crash {

// From now on each thread that the program starts gets a stack for signals (thread_start.cc).
void give_signal_stacks_to_threads() noexcept;

}  // namespace gander::crash
