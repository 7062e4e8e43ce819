// SPDX-License-Identifier: Apache-2.0
//
// traced HOW: leaves a word in the trace, if there is one, and ends in one of several ways.
#include <gander/gander.h>
#include <gander/trace.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;

void stay() { asm volatile(""); }

[[gnu::noinline]] void wait_for_word(const gander::chan<int>& word) {
  word.recv();
  stay();
}

[[gnu::noinline]] void leave_word() {
  gander::trace::log("test", "nearly over");
  stay();
}

void wait_for_file() {
  const std::string path = "gander-" + std::to_string(::getpid()) + ".trace";
  while (!std::filesystem::exists(path)) gander::sleep_for(1ms);
}

void end(const std::string& how) {
  if (how == "fault") {
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  }
  if (how == "panic") gander::panic("it is over");
  if (how == "throw") throw std::runtime_error("it is over");
  if (how == "abort") std::abort();
  if (how == "deadlock") gander::make_chan<void>().recv();
  if (how == "signal") {
    std::raise(SIGUSR2);
    wait_for_file();
    std::puts("went on");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  gander::run([&] {
    const auto never = gander::make_chan<int>();
    gander::go([=] { wait_for_word(never); });
    for (int i = 0; i < 20; ++i) gander::sleep_for(2ms);
    leave_word();
    end(argv[1]);
  });
}
