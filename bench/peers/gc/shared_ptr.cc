// SPDX-License-Identifier: Apache-2.0

// gc_shared_ptr: the workloads of the collected heap by std::shared_ptr, object and counts in one
// piece of memory. None of them makes a cycle.
#include <memory>

#include "program.h"
#include "threads.h"

namespace {

struct policy : gc_bench::on_threads<policy> {
  template <typename T>
  using ptr = std::shared_ptr<T>;
  template <typename T>
  using local = std::shared_ptr<T>;

  // make_shared calls a constructor, and aggregates have none before Clang 16.
  template <typename T>
  struct made : T {
    template <typename... Args>
    explicit made(Args&&... args) : T{std::forward<Args>(args)...} {}
  };
  template <typename T, typename... Args>
  static std::shared_ptr<T> make(Args&&... args) {
    return std::make_shared<made<T>>(std::forward<Args>(args)...);
  }
  template <typename T>
  static T* raw(const std::shared_ptr<T>& p) {
    return p.get();
  }
};

}  // namespace

int main(int argc, char** argv) {
  return gc_bench::program<policy>(argc, argv, gc_bench::pooled_server_mix<policy>);
}
