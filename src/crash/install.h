// SPDX-License-Identifier: Apache-2.0
//
// Taking charge of the process's end: signals, uncaught exceptions, fatal errors.
#pragma once

namespace gander::crash {

// Installs everything, once per process; later calls do nothing. Called before a run's first
// goroutine.
void install() noexcept;

}  // namespace gander::crash
