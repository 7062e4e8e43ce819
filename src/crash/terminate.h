// SPDX-License-Identifier: Apache-2.0
//
// An exception that nobody catches: the terminate handler, which reports a panic with the stack of
// the throw.
#pragma once

namespace gander::crash {

void install_terminate_handler() noexcept;

}  // namespace gander::crash
