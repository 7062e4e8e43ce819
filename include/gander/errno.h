// SPDX-License-Identifier: Apache-2.0
//
// errno for code that switches. The C library declares the address of errno as a constant of the
// thread, so compilers keep it across calls; but a goroutine comes back from a switching call on
// another thread. In files that include this header errno is looked up anew each time. (Its value
// travels with the goroutine in any case.)
//
//     while (::read(fd, buffer, size) < 0 && errno == EINTR) gander::yield();
#pragma once

#include <cerrno>

#pragma GCC visibility push(default)

namespace gander::internal {

// Not const, not pure: that is the point.
int* errno_location() noexcept;

}  // namespace gander::internal

#pragma GCC visibility pop

#undef errno
#define errno (*::gander::internal::errno_location())
