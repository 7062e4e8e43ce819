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

constexpr std::string_view hidden_prefixes[] = {"std::__invoke",
                                                "std::__apply_impl",
                                                "std::apply<",
                                                "gander_",
                                                "__cxa_",
                                                "__wrap___cxa_",
                                                "__cxxabiv1::",
                                                "_Unwind_",
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
    if (function.ends_with("_slow"))
      return true;  // the part of a public function that is not inline
    std::string_view first = function.substr(scope.size());
    first = first.substr(0, first.find_first_of(":<[("));
    return !std::binary_search(std::begin(public_names), std::end(public_names), first);
  }
  return std::find(std::begin(hidden_names), std::end(hidden_names), function) !=
         std::end(hidden_names);
}

namespace {

// `a<b, c>` in "x<a<b, c>, d>::e": what stands between the first '<' and the end of the first
// argument.
std::string_view first_template_argument(std::string_view name) noexcept {
  const std::size_t open = name.find('<');
  if (open == std::string_view::npos) return {};
  name.remove_prefix(open + 1);
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (depth == 0 && (c == ',' || c == '>')) return name.substr(0, i);
    if (c == '<' || c == '(' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
  }
  return {};
}

}  // namespace

bool is_bare_name(std::string_view function) noexcept {
  return function.substr(0, function.find('<')).find("::") == std::string_view::npos;
}

bool is_library_file(std::string_view file) noexcept {
  if (file.find("/c++/") != std::string_view::npos) return true;
  const std::size_t name = file.rfind('/');
  if (name == std::string_view::npos) return false;
  std::string_view folder = file.substr(0, name);
  for (std::string_view inner : {"/internal", "/gc", "/sync"})
    if (folder.ends_with(inner)) folder.remove_suffix(inner.size());
  return folder == "gander" || folder.ends_with("include/gander");
}

std::string_view callable_of_entry(std::string_view function) noexcept {
  std::string_view callable;
  for (std::string_view entry : {"gander::internal::closure<", "gander::internal::main_entry<"})
    if (function.starts_with(entry)) callable = first_template_argument(function);
  // A lambda of ours that calls the user's, as in wait_group::go<F>(F&&)::{lambda()#1}.
  for (int nested = 0; nested < 4 && callable.starts_with("gander::"); ++nested)
    callable = first_template_argument(callable);
  return callable;
}

}  // namespace gander::crash
