// SPDX-License-Identifier: Apache-2.0
#include "crash/install.h"

namespace gander::crash {

void install() noexcept {}

}  // namespace gander::crash
