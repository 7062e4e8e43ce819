// SPDX-License-Identifier: Apache-2.0
//
// The texts of /proc, read without trust: any bytes are taken, and what is not understood is
// refused. Pure functions of their text; nothing is allocated. (Fuzzed by proc_text_test.cc.)
#pragma once

#include <string_view>

#include "os/task.h"

namespace gander::os {

// A line of /proc/PID/maps, without its end. `out.name` lies in the line.
bool parse_mapping(std::string_view line, mapping& out) noexcept;

// /proc/PID/task/TID/status.
bool parse_task_status(std::string_view text, task_status& out) noexcept;

// /proc/PID/task/TID/syscall. False for "running".
bool parse_task_call(std::string_view text, task_call& out) noexcept;

}  // namespace gander::os
