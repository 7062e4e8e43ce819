// SPDX-License-Identifier: Apache-2.0
//
// What cmake/report_libraries.cmake takes from libbacktrace, under our names. <backtrace.h>
// declares the same functions under theirs. The one function that it asks of us stands in
// symbol_reader.cc.
#pragma once

#include <cstddef>
#include <cstdint>

// Hidden, also where libgander.a becomes part of somebody's library.
#pragma GCC visibility push(hidden)

extern "C" {

struct gander_backtrace_state;
using gander_backtrace_error = void (*)(void* data, const char* message, int error);
using gander_backtrace_line = int (*)(void* data, std::uintptr_t pc, const char* file, int line,
                                      const char* function);
using gander_backtrace_symbol = void (*)(void* data, std::uintptr_t pc, const char* name,
                                         std::uintptr_t value, std::uintptr_t size);

gander_backtrace_state* gander_backtrace_create_state(const char* file, int threaded,
                                                      gander_backtrace_error, void* data);
int gander_backtrace_pcinfo(gander_backtrace_state*, std::uintptr_t pc, gander_backtrace_line,
                            gander_backtrace_error, void* data);
int gander_backtrace_syminfo(gander_backtrace_state*, std::uintptr_t pc, gander_backtrace_symbol,
                             gander_backtrace_error, void* data);

// Called in place of dl_iterate_phdr.
int gander_report_iterate_phdr(int (*each)(struct dl_phdr_info*, std::size_t, void*), void* data);
}

#pragma GCC visibility pop
