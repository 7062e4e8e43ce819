// SPDX-License-Identifier: Apache-2.0
#include "crash/previous_handlers.h"

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "crash/signal_words.h"
#include "crash/symbolizer.h"
#include "os/process.h"

extern "C" [[gnu::weak]] void __sanitizer_print_stack_trace();

namespace gander::crash {
namespace {

constexpr int signal_count = 32;  // all deadly ones are below
struct sigaction previous[signal_count];
std::terminate_handler previous_terminate = nullptr;

bool is_somebodys(const struct sigaction& action) noexcept {
  if ((action.sa_flags & SA_SIGINFO) != 0) return action.sa_sigaction != nullptr;
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

// A sanitizer that is linked for something else (undefined behaviour) tells of faults as well, in
// less detail. Its handlers are not the program's.
bool is_a_sanitizers(const struct sigaction& action) noexcept {
  if (__sanitizer_print_stack_trace == nullptr) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(action.sa_sigaction);
  const std::string_view name = symbolize(address, false).back().function;
  for (const char* scope : {"__sanitizer::", "__ubsan::", "__asan::", "__tsan::", "__lsan::"})
    if (name.starts_with(scope)) return true;
  return false;
}

void unblock(int signal) noexcept {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

// As the kernel would: a fault of the handler's own must not call it again.
void block_for(int signal) noexcept {
  sigset_t blocked = previous[signal].sa_mask;
  if ((previous[signal].sa_flags & SA_NODEFER) == 0) ::sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

// Handlers that have done their work put the default back and return, for the instruction to fault
// anew, or have raised their signal anew.
void after_handler(int signal, const siginfo_t* info) noexcept {
  unblock(signal);
  struct sigaction now = {};
  if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_DFL && info->si_code > 0)
    os::die_of(signal, info);
}

}  // namespace

void remember_handler(int signal, const struct sigaction& before) noexcept {
  if (signal < signal_count && is_somebodys(before) && !is_a_sanitizers(before))
    previous[signal] = before;
}

void remember_terminate_handler(std::terminate_handler before) noexcept {
  previous_terminate = before;
}

// Of what is not remembered the zero is SIG_DFL.
void put_previous_handlers_back() noexcept {
  for (const fatal_signal& s : fatal_signals) ::sigaction(s.number, &previous[s.number], nullptr);
}

void call_previous_handler(int signal, const siginfo_t* info, const void* ucontext) noexcept {
  if (signal >= signal_count || !is_somebodys(previous[signal])) return;
  block_for(signal);
  if ((previous[signal].sa_flags & SA_SIGINFO) != 0)
    previous[signal].sa_sigaction(signal, const_cast<siginfo_t*>(info),
                                  const_cast<void*>(ucontext));
  else
    previous[signal].sa_handler(signal);
  after_handler(signal, info);
}

void abort_by_previous_handlers(bool by_terminate) noexcept {
  if (by_terminate && previous_terminate != nullptr) {
    unblock(SIGABRT);
    previous_terminate();
  }
  if (!is_somebodys(previous[SIGABRT])) return;
  unblock(SIGABRT);
  ::raise(SIGABRT);
}

}  // namespace gander::crash
