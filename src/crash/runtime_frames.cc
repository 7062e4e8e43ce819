// SPDX-License-Identifier: Apache-2.0
//
// See runtime_frames.h. The public interface is listed and the rest of namespace gander hidden: a
// new public name that is forgotten here is missed in a report at once, a forgotten internal one
// would clutter every report unnoticed.
#include "crash/runtime_frames.h"

#include <algorithm>
#include <array>

namespace gander::crash {
namespace {

constexpr std::string_view public_names[] = {"after",
                                             "barrier",
                                             "blocking",
                                             "chan",
                                             "condition_variable",
                                             "context",
                                             "debug",
                                             "defer",
                                             "gc",
                                             "go",
                                             "goexit",
                                             "gomaxprocs",
                                             "goroutine_local",
                                             "handle",
                                             "latch",
                                             "lock_os_thread",
                                             "make_chan",
                                             "mutex",
                                             "net",
                                             "once",
                                             "panic",
                                             "pin_thread",
                                             "pprof",
                                             "recv_chan",
                                             "run",
                                             "select",
                                             "semaphore",
                                             "send_chan",
                                             "shared_mutex",
                                             "sleep_for",
                                             "sleep_until",
                                             "spawn",
                                             "task_group",
                                             "ticker",
                                             "timed_mutex",
                                             "timer",
                                             "trace",
                                             "unlock_os_thread",
                                             "wait_group",
                                             "with_cancel",
                                             "with_deadline",
                                             "with_timeout",
                                             "with_value",
                                             "yield"};
static_assert(std::is_sorted(std::begin(public_names), std::end(public_names)));

constexpr std::string_view hidden_prefixes[] = {"gander_", "__cxa_", "__cxxabiv1::", "_Unwind_",
                                                "__gnu_cxx::__verbose_terminate_handler"};

constexpr std::string_view hidden_names[] = {"std::terminate",
                                             "std::unexpected",
                                             "std::rethrow_exception",
                                             "__gxx_personality_v0",
                                             "__restore_rt",
                                             "_start",
                                             "__libc_start_main",
                                             "__libc_start_main_impl",
                                             "__libc_start_call_main",
                                             "start_thread",
                                             "clone",
                                             "clone3",
                                             "__clone",
                                             "__clone3"};

}  // namespace

bool is_runtime_function(std::string_view function) noexcept {
  for (std::string_view prefix : hidden_prefixes)
    if (function.starts_with(prefix)) return true;
  constexpr std::string_view scope = "gander::";
  if (function.starts_with(scope)) {
    std::string_view first = function.substr(scope.size());
    first = first.substr(0, first.find_first_of(":<[("));
    return !std::binary_search(std::begin(public_names), std::end(public_names), first);
  }
  return std::find(std::begin(hidden_names), std::end(hidden_names), function) !=
         std::end(hidden_names);
}

}  // namespace gander::crash
