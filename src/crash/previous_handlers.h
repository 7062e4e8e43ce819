// SPDX-License-Identifier: Apache-2.0
//
// The handlers that the program had installed before ours (a crash uploader's, Python's
// faulthandler): they are called when the report is made, as the kernel would have called them.
//
// What was there is remembered once, at install; the default, and "ignore", are nobody's handler.
#pragma once

#include <csignal>
#include <exception>

namespace gander::crash {

// At install: `before` is what sigaction() gave back.
void remember_handler(int signal, const struct sigaction& before) noexcept;
void remember_terminate_handler(std::terminate_handler before) noexcept;

// All signals are again what they were before us. [signal]
void put_previous_handlers_back() noexcept;

// Calls the previous handler of this signal. Returns if there was none, or if it returns. [signal]
void call_previous_handler(int signal, const siginfo_t* info, const void* ucontext) noexcept;

// The same for a death without a signal: that of terminate, if `by_terminate`, and what abort()
// would have called. Returns as above.
void abort_by_previous_handlers(bool by_terminate) noexcept;

}  // namespace gander::crash
