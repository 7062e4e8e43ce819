// SPDX-License-Identifier: Apache-2.0
//
// A test: walks and symbolizes its own stack, from a handler that interrupted qsort too, with a
// malloc that ends the process when called meanwhile. Exit status 0: nothing allocated and main was
// found.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "crash/frame_printer.h"
#include "support/build.h"

namespace {

std::atomic<bool> forbidden{false};

[[maybe_unused]] void say(const char* text) {
  [[maybe_unused]] auto n = ::write(2, text, std::strlen(text));
}

[[maybe_unused]] void allocation() {
  if (!forbidden) return;
  say("malloc was called while a report was written\n");
  ::_exit(3);
}

}  // namespace

// Sanitizers have a malloc of their own; under them the walk and the text alone are tested.
#if !UNDER_TSAN && !UNDER_ASAN
// glibc keeps its own allocator reachable under these names.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t n) { return allocation(), __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t m) { return allocation(), __libc_calloc(n, m); }
void* realloc(void* p, std::size_t n) { return allocation(), __libc_realloc(p, n); }
void free(void* p) { allocation(), __libc_free(p); }
}
#endif

namespace {

char buffer[64 << 10];
int found = 0;

void report(const gander::regs& from) {
  using namespace gander;
  forbidden = true;
  {
    text_writer out(buffer);
    unwind::memory_reader reader;
    crash::print_frames(out, unwind::unwinder(from, reader),
                        {.runtime_functions = true, .registers = true});
    std::string_view text = out.view();
    bool sorting = text.find("compare(...)") != std::string_view::npos;
    if (sorting && text.find("\nmain(...)\n\t") != std::string_view::npos &&
        text.find("report_without_malloc.cc:") != std::string_view::npos)
      ++found;
    else
      say(buffer);
  }
  forbidden = false;
}

int compare(const void* a, const void* b) {
  static int calls = 0;
  if (++calls == 3) ::raise(SIGUSR1);
  if (calls == 5) report(gander::regs::capture());
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

}  // namespace

int main() {
  if (!gander::crash::start_symbolizer()) return 1;
  struct sigaction action {};
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    report(gander::regs::from_ucontext(context));
  };
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGUSR1, &action, nullptr);
  int numbers[] = {5, 3, 9, 1, 7, 2, 8};
  std::qsort(numbers, std::size(numbers), sizeof(int), compare);
  return found == 2 && numbers[0] == 1 ? 0 : 2;
}
