// SPDX-License-Identifier: Apache-2.0
//
// The library's version. These three lines are its only source: the build reads them from here.
#pragma once

#define GANDER_VERSION_MAJOR 0
#define GANDER_VERSION_MINOR 1
#define GANDER_VERSION_PATCH 0

#pragma GCC visibility push(default)

namespace gander {

// The version of the library that is linked, as "1.2.3"; the macros tell that of the headers.
// Non-switching; any thread, also in a signal handler.
//
//     std::puts(gander::version());
const char* version() noexcept;

}  // namespace gander

#pragma GCC visibility pop
