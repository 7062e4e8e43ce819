// SPDX-License-Identifier: Apache-2.0
//
// A process that forks while the collector marks: the child may do what it does before exec or
// _exit, stores of pointers and exceptions among it; the parent's cycle goes on.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

bool is_marking() { return internal::gc_now.marking.load(); }

// Enough that marking takes a while.
void make_long_list(node*& head, int length) {
  internal::gc_store(head, make_node());
  node* last = head;
  for (int i = 0; i < length; ++i) {
    internal::gc_store(last->left, make_node());
    last = last->left;
  }
}

node* list = nullptr;

// More stores than a thread's buffer holds.
[[noreturn]] void be_child() {
  ::alarm(20);  // it hangs
  for (int i = 0; i < 2'000; ++i) {
    node* const next = list->left;
    internal::gc_store(list->right, next);
    internal::gc_store(list->right, static_cast<node*>(nullptr));
  }
  int caught = 0;
  for (int i = 0; i < 10; ++i) try {
      throw list;
    } catch (node* n) {
      caught += n == list ? 1 : 0;
    }
  ::_exit(caught);
}

int status_of(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child ? status : -1;
}

TEST(forking, while_marking) {
  make_long_list(list, 100'000);
  std::atomic<bool> over{false};
  std::thread collects([&] {
    while (!over) collect_now();
  });
  for (int i = 0; i < 10; ++i) {
    while (!is_marking()) {
    }
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) be_child();
    const int status = status_of(child);
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_EQ(WEXITSTATUS(status), 10);
  }
  while (!is_marking()) {
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/true", "true", nullptr);
    ::_exit(1);
  }
  EXPECT_EQ(status_of(child), 0);
  const std::uint32_t before = count_cycles().cycles;
  collect_now();
  EXPECT_GT(count_cycles().cycles, before);
  over = true;
  collects.join();
  internal::gc_store(list, static_cast<node*>(nullptr));
}

}  // namespace
}  // namespace gander::collector
