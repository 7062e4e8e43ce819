// SPDX-License-Identifier: Apache-2.0
//
// Deaths where the system has nothing left, or where nobody listens; and names of any length.
#include <fcntl.h>
#include <gander/gander.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "injection/injection.h"

namespace injection {
namespace {

const way_to_die plain("plain", touch_null);

// ---- no memory, no descriptors

const way_to_die no_space("no_address_space", [] {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit limit;
  ::getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = pages * page;
  ::setrlimit(RLIMIT_AS, &limit);
  while (::mmap(nullptr, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
  }
  touch_null();
});

void take_all_descriptors() {
  rlimit limit;
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  while (::open("/dev/zero", O_RDONLY) >= 0) {
  }
}

const way_to_die no_files("no_descriptors", [] {
  take_all_descriptors();
  touch_null();
});

// As sandboxes do: what is open may be used.
const way_to_die no_files_allowed("no_descriptors_allowed", [] {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_NOFILE, &none);
  touch_null();
});

// As a server does whose accept() fails: what is given back at the death is gone at once.
const way_to_die greedy("greedy_for_descriptors", [] {
  take_all_descriptors();
  std::thread([] {
    for (;;) static_cast<void>(::open("/dev/zero", O_RDONLY));
  }).detach();
  touch_null();
});

// ---- nobody listens; a copy goes to stdout

const way_to_die closed("closed_stderr", [] {
  gander::debug::set_crash_output(STDOUT_FILENO);
  ::close(STDERR_FILENO);
  touch_null();
});

const way_to_die full("full_stderr", [] {
  gander::debug::set_crash_output(STDOUT_FILENO);
  static int ends[2];
  if (::pipe(ends) != 0) ::_exit(1);
  ::dup2(ends[1], STDERR_FILENO);
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const char filling[4096] = {};
  while (::write(ends[1], filling, sizeof filling) > 0) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  touch_null();
});

// ---- a name of 64 KiB and more

template <std::size_t... Numbers>
NOINLINE void long_name(std::index_sequence<Numbers...>) {
  touch_null();
  asm volatile("");
}
const way_to_die huge_name("huge_name", [] { long_name(std::make_index_sequence<9000>()); });

}  // namespace
}  // namespace injection
