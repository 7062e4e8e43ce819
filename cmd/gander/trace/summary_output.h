// SPDX-License-Identifier: Apache-2.0
//
// A summary for people, and for programs.
#pragma once

#include <cstdio>
#include <string>

#include "trace/summary.h"

namespace gander::tool {

std::string summary_text(const summary& of, const trace_totals& totals);

// One object; all times in nanoseconds. docs/tracing.md lists the members.
void write_summary_json(const summary& of, const trace_totals& totals, const problem_log& problems,
                        std::FILE* out);

}  // namespace gander::tool
