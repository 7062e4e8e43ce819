// SPDX-License-Identifier: Apache-2.0
//
// A sink that writes to a file descriptor, whichever kind of file that is.
#pragma once

#include "tracer/output.h"

namespace gander::tracer {

sink fd_sink(int fd) noexcept;

}  // namespace gander::tracer
