// SPDX-License-Identifier: Apache-2.0
//
// host PLUGIN RUNTIME: loads the plugin, lets it work, unloads it, three times. What it has started
// goes on in between, the runtime's threads and the ends of threads that have called it: RUNTIME,
// the module that has the runtime's code, must still be there.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

int main(int count, char** arguments) {
  if (count != 3) return 64;
  for (int i = 0; i < 3; ++i) {
    void* const plugin = ::dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      std::fprintf(stderr, "%s\n", ::dlerror());
      return 1;
    }
    using function = int (*)();
    const auto work = reinterpret_cast<function>(::dlsym(plugin, "plugin_work"));
    if (work == nullptr || work() != 45) return 2;
    std::thread([&] {
      if (work() != 45) ::_exit(3);
      ::dlclose(plugin);
    }).join();
    if (::dlopen(arguments[2], RTLD_NOW | RTLD_NOLOAD) == nullptr) return 4;
    ::usleep(20'000);
  }
}
