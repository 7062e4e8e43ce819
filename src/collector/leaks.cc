// SPDX-License-Identifier: Apache-2.0
#include "collector/leaks.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "base/print.h"
#include "collector/cycle.h"
#include "collector/leak_search.h"
#include "collector/stop.h"
#include "crash/leak_hook.h"
#include "crash/live_report.h"
#include "os/os.h"
#include "sched/g_table.h"
#include "sched/sched.h"

namespace gander::collector::leaks {
namespace {

std::atomic<bool> wanted{false};

// Of SIGQUIT, with GODEBUG=leakcheck=1.
//     none → searching   the first one, which is not answered
//     searching → done   the collector's thread, which then sends another one
//     done → none        that one, which is
// One that comes meanwhile is answered at once: the search may take long, or hang.
enum class quit : std::uint8_t { none, searching, done };
std::atomic<quit> quit_state{quit::none};

bool search_before_quit() noexcept {
  quit now = quit::done;
  if (quit_state.compare_exchange_strong(now, quit::none)) return false;
  now = quit::none;
  if (!quit_state.compare_exchange_strong(now, quit::searching)) return false;
  wanted.store(true);
  wake_collector();
  return true;
}

std::size_t count() noexcept {
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < g_table::size(); ++i)
    if (g_table::records()[i].leaked.load(std::memory_order_relaxed)) ++found;
  return found;
}

// Some thread may not be able to answer just now; when one never is, nobody is accused.
void search() noexcept {
  static constinit data_segments globals;
  globals.find();
  constexpr int tries = 5;
  for (int i = 0; i < tries; ++i) {
    world_stop world(crash::freeze_scope::all);
    if (world.begin()) {
      leak_search().run(globals);
      world.end();
      return;
    }
    constexpr std::int64_t pause_ns = 10'000'000;
    os::sleep_ns(pause_ns);
  }
}

// In a program that calls exit() on one of its goroutines. (In a forked child nobody would answer.)
void report_at_exit() noexcept {
  if (sched.active && !sched.forked) report();
}

}  // namespace

void find() noexcept {
  ensure_collector();
  wanted.store(true);
  collect_now();
}

void watch() noexcept {
  if (crash::before_quit.load() != nullptr) return;
  ensure_collector();
  crash::before_quit.store(search_before_quit);
  std::atexit(report_at_exit);
}

void report() noexcept {
  find();
  const std::size_t found = count();
  if (found == 0) return;
  char buffer[4096];
  text_writer out(buffer, STDERR_FILENO);
  out.text("gander: ").dec(found).text(found == 1 ? " goroutine is" : " goroutines are");
  out.text(" leaked: what they wait for nobody can reach who may still run\n\n");
  crash::write_stacks(out, crash::live_stacks::leaked);
}

void search_if_wanted() noexcept {
  if (!wanted.exchange(false)) return;
  search();
  quit now = quit::searching;
  if (quit_state.compare_exchange_strong(now, quit::done)) ::kill(os::process_id(), SIGQUIT);
}

}  // namespace gander::collector::leaks
