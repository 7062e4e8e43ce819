// SPDX-License-Identifier: Apache-2.0
//
// What the system says of this process as a whole. Any thread, any stack.
#pragma once

#include <span>
#include <string_view>

namespace gander::os {

extern const std::string_view system_name;  // as Go calls it: "linux"

// The command line, printable, its words separated by blanks; cut to what there is room for.
void read_command_line(std::span<char> out) noexcept;

// From now on the calling thread has descriptors of its own: none that it closes can be taken by
// another. False where the system does not allow that. [signal]
bool unshare_descriptors() noexcept;

// Why a deadly signal will leave no core; nullptr: it will, as far as one can see. [signal]
const char* why_no_core() noexcept;

// Ends the process by a signal, whose default action that is, sent to the calling thread: it is the
// one that a core shows first, and `info` (a siginfo_t; nullptr: none) is what a debugger finds
// there. Returns only where a sandbox forbids all of this. [signal]
void die_of(int signal, const void* info) noexcept;

// Ends the process at once, without what sanitizers do in _exit(), for which they need locks that
// threads may hold that stand still. [signal]
[[noreturn]] void exit_now(int status) noexcept;

}  // namespace gander::os
