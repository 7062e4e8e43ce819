// SPDX-License-Identifier: Apache-2.0
//
// Ways for a program to die that put its report to the test, by name. Those that live on print what
// they found.
#include <gander/gander.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using gander::run;

void park_for_ever() { gander::make_chan<void>().recv(); }

// So that no call is the last of its function, whose frame would then be missing.
void stay() { asm volatile(""); }

// --- what exceptions say

int huge_text() {
  return run([] { throw std::runtime_error(std::string(std::size_t{1} << 20, 'x')); });
}

int text_like_a_report() {
  return run([] { gander::panic("first\n\ngoroutine 99 [running]:\nmain.main()"); });
}

[[gnu::noinline]] const char* refuse() { throw 1; }
struct cannot_say : std::exception {
  const char* what() const noexcept override { return refuse(); }
};
int what_throws() {
  return run([] { throw cannot_say(); });
}

struct says_nothing : std::exception {
  const char* what() const noexcept override { return nullptr; }
};
int what_is_null() {
  return run([] { throw says_nothing(); });
}

[[gnu::noinline]] void throw_here() {
  throw std::runtime_error("thrown");
  stay();
}

int smallest_stack() {
  return run([] {
    gander::go({.stack_size = 16 * 1024}, throw_here);
    park_for_ever();
  });
}

// --- goroutines with names

int named() {
  return run({.gomaxprocs = 1}, [] {
    static const std::string long_name(300, 'n');
    const char* const unreadable = reinterpret_cast<const char*>(16);
    for (const char* name :
         {"parser", "a, b]:\n\"c\" \\ \xc3\xa9", long_name.c_str(), "", unreadable})
      gander::go({.name = name}, park_for_ever);
    gander::go({.name = "sleeps"}, [] {
      const gander::pin_thread here;
      park_for_ever();
    });
    gander::go({.name = "at fault"}, [] {
      for (int i = 0; i < 3; ++i) gander::yield();  // behind all others, who park
      throw_here();
    });
    park_for_ever();
  });
}

// --- where exceptions were thrown

struct passed {
  ~passed() { stay(); }
};

// A frame that is left: in the next one, compilers would leave out what ends in terminate.
template <typename F>
[[gnu::noinline]] void throw_through(F f) {
  const passed p;
  f();
}

// The frames of the throw are gone when the exception gets here.
template <typename F>
[[gnu::noinline]] void let_nothing_out(F f) noexcept {
  throw_through(f);
  stay();
}

int second_phase() {
  return run([] { let_nothing_out(throw_here); });
}

[[gnu::noinline]] void rethrow_here(const std::exception_ptr& e) {
  std::rethrow_exception(e);
  stay();
}

std::exception_ptr from_another_goroutine() {
  const auto c = gander::make_chan<std::exception_ptr>();
  gander::go([c] {
    try {
      throw_here();
    } catch (...) {
      c.send(std::current_exception());
    }
  });
  return *c.recv();
}

int rethrown() {
  return run([] { rethrow_here(from_another_goroutine()); });
}

int rethrown_second_phase() {
  return run([] {
    const std::exception_ptr e = from_another_goroutine();
    let_nothing_out([&] { rethrow_here(e); });
  });
}

// --- where reports go

int closed_stderr() {
  return run([] {
    gander::debug::set_crash_output(STDOUT_FILENO);
    ::close(STDERR_FILENO);
    throw_here();
  });
}

int stderr_without_reader() {
  return run([] {
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(1);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    ::close(ends[0]);
    gander::debug::set_crash_output(STDOUT_FILENO);
    throw_here();
  });
}

// --- the crash thread

struct thread_seen {
  int tid = 0;
  std::string status;  // of /proc
};

thread_seen find_crash_thread() {
  thread_seen found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream name_file(task.path() / "comm");
    std::string name;
    std::getline(name_file, name);
    if (name != "gander-crash") continue;
    std::ifstream status(task.path() / "status");
    found.status.assign(std::istreambuf_iterator<char>(status), {});
    found.tid = std::atoi(task.path().filename().c_str());
  }
  return found;
}

std::string field(const std::string& status, const std::string& name) {
  const std::size_t at = status.find('\n' + name + ":\t");
  if (at == status.npos) return "";
  const std::size_t from = at + name.size() + 3;
  return status.substr(from, status.find('\n', from) - from);
}

int crash_thread_at_rest() {
  return run([] {
    const thread_seen before = find_crash_thread();
    ::usleep(300'000);
    const thread_seen after = find_crash_thread();
    std::printf("blocked=%s\nwakeups=%d\n", field(after.status, "SigBlk").c_str(),
                std::atoi(field(after.status, "voluntary_ctxt_switches").c_str()) -
                    std::atoi(field(before.status, "voluntary_ctxt_switches").c_str()));
  });
}

int without_crash_handlers() {
  return run({.crash_handlers = false},
             [] { std::printf("found=%d\n", find_crash_thread().tid != 0); });
}

int all_stacks() {
  return run([] { std::puts(gander::debug::stack(true).c_str()); });
}

int crash_thread_dies() {
  return run([] {
    ::syscall(SYS_tgkill, ::getpid(), find_crash_thread().tid, SIGSEGV);
    for (;;) ::pause();
  });
}

// --- children

// Prints the status of the child, and dies.
void outlive(int child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  std::printf("child_exit=%d\nchild_signal=%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
              WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  std::fflush(stdout);
  gander::panic("the parent");
}

int vforked_child_faults() {
  return run([] {
    const int child = ::vfork();
    if (child == 0) ::raise(SIGSEGV);
    outlive(child);
  });
}

int vforked_child_terminates() {
  return run([] {
    const int child = ::vfork();
    if (child == 0) std::terminate();
    outlive(child);
  });
}

int forked_child_terminates() {
  return run([] {
    const int child = ::fork();
    if (child == 0) std::terminate();
    outlive(child);
  });
}

constexpr struct {
  std::string_view name;
  int (*program)();
} deaths[] = {
    {"huge_text", huge_text},
    {"text_like_a_report", text_like_a_report},
    {"what_throws", what_throws},
    {"what_is_null", what_is_null},
    {"smallest_stack", smallest_stack},
    {"named", named},
    {"second_phase", second_phase},
    {"rethrown", rethrown},
    {"rethrown_second_phase", rethrown_second_phase},
    {"closed_stderr", closed_stderr},
    {"stderr_without_reader", stderr_without_reader},
    {"crash_thread_at_rest", crash_thread_at_rest},
    {"without_crash_handlers", without_crash_handlers},
    {"all_stacks", all_stacks},
    {"crash_thread_dies", crash_thread_dies},
    {"vforked_child_faults", vforked_child_faults},
    {"vforked_child_terminates", vforked_child_terminates},
    {"forked_child_terminates", forked_child_terminates},
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 2)
    for (const auto& death : deaths)
      if (death.name == arguments[1]) return death.program();
  std::fputs("usage: deaths NAME\n", stderr);
  return 64;
}
