// SPDX-License-Identifier: Apache-2.0
#include <gander/internal/deadline.h>

#include "os/os.h"

namespace gander::internal {

static_assert(no_deadline == os::no_deadline);

std::int64_t monotonic_ns() noexcept { return os::now_ns(); }

}  // namespace gander::internal
