// SPDX-License-Identifier: Apache-2.0
//
// host MODULE MODULE: opens two modules that both use the library, after each other and at the same
// time, closes them, and goes on. A host that knows the library itself (HOST_RUNS) also takes what
// the modules send in a run of its own.
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <thread>

#ifdef HOST_RUNS
#include <gander/gander.h>

#include "module.h"
#endif

namespace {

struct module {
  explicit module(const char* path) : library(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (library == nullptr) std::printf("%s\n", dlerror());
  }
  ~module() { dlclose(library); }
  module(const module&) = delete;
  module& operator=(const module&) = delete;

  template <typename F>
  F* function(const char* name) const {
    return reinterpret_cast<F*>(dlsym(library, name));
  }

  void* library;
};

int run_alone(const module& m) { return m.function<int()>("run_alone")(); }

#ifdef HOST_RUNS
int sum_of(const module& a, const module& b) {
  return gander::run([&] {
    int sum = 0;
    for (const module* m : {&a, &b}) {
      const auto numbers = gander::make_chan<int>();
      m->function<decltype(start_sending)>("start_sending")(numbers);
      for (const int n : numbers) sum += n;
    }
    return sum;
  });
}
#else
int sum_of(const module& a, const module& b) { return run_alone(a) + run_alone(b); }
#endif

}  // namespace

int main(int, char** argv) {
  {  // The first is closed while threads of its run still idle.
    const module a(argv[1]);
    std::printf("alone: %d\n", run_alone(a));
  }
  {
    const module a(argv[1]);
    const module b(argv[2]);
    std::printf("both: %d\n", sum_of(a, b));
  }
  // Longer than any thread of the runtime sleeps before it looks around.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::puts("closed");
  return 0;
}
