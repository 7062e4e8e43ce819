// SPDX-License-Identifier: Apache-2.0
//
// A file that does not include <gander/errno.h>: errno is the C library's own here, and the
// compiler may keep its address from the function's first line to its last.
#include "travel/usual_errno.h"

#include <gander/chan.h>
#include <gander/debug.h>
#include <gander/go.h>
#include <gander/goroutine_local.h>
#include <gander/sync.h>
#include <gander/time.h>

#include <cerrno>
#include <chrono>
#include <mutex>
#include <string_view>

// Within one level, so that the macro is spelled as it would be compiled.
#define SPELLED(x) #x
#define SPELLING_OF(x) SPELLED(x)
static_assert(std::string_view(SPELLING_OF(errno)).find("gander") == std::string_view::npos);

namespace {
gander::goroutine_local<int> local;
}

bool errno_stays_across_calls_that_do_not_switch(int number) {
  errno = number;
  const auto c = gander::make_chan<int>(4);
  if (!c.try_send(1) || errno != number) return false;
  if (!c.try_recv() || errno != number) return false;
  gander::go([c] { static_cast<void>(c.try_send(2)); });  // may need a stack, or a thread
  if (errno != number) return false;
  const gander::timer t(std::chrono::hours(1));
  if (errno != number) return false;
  gander::mutex m;
  if (!m.try_lock()) return false;
  m.unlock();
  *local = number;
  static_cast<void>(gander::num_goroutine());
  static_cast<void>(gander::goid());
  return errno == number;
}
