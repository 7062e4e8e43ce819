// SPDX-License-Identifier: Apache-2.0
//
// What the collector, a layer above, does before a report that SIGQUIT asks for.
#pragma once

#include <atomic>

namespace gander::crash {

// nullptr: nothing. True: the report comes later, by another SIGQUIT. [signal]
using quit_hook = bool() noexcept;
inline std::atomic<quit_hook*> before_quit{nullptr};

}  // namespace gander::crash
