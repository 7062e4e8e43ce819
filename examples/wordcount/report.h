// SPDX-License-Identifier: Apache-2.0

// What the program says: the top words on stdout, what went wrong on stderr.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "word_map.h"

namespace wordcount {

// More frequent first; words of the same count bytewise, so that the order is always the same.
inline bool more_frequent(const entry& a, const entry& b) {
  return a.count != b.count ? a.count > b.count : a.word() < b.word();
}

// Keeps the n most frequent entries, in order.
inline void keep_top(std::vector<entry>& entries, std::size_t n) {
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(std::min(n, entries.size()));
  std::partial_sort(entries.begin(), middle, entries.end(), more_frequent);
  entries.erase(middle, entries.end());
}

// One line "COUNT WORD" for each entry.
inline void print_entries(const std::vector<entry>& entries, int width) {
  for (const entry& e : entries) {
    std::printf("%*llu ", width, static_cast<unsigned long long>(e.count));
    std::fwrite(e.word().data(), 1, e.word().size(), stdout);
    std::putchar('\n');
  }
}

inline void print_all(std::vector<entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const entry& a, const entry& b) { return a.word() < b.word(); });
  print_entries(entries, 0);
}

struct totals {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t distinct = 0;
  double seconds = 0;
};

inline void print_totals(const totals& t) {
  std::printf("%llu files, %llu bytes, %llu distinct words in %.3f s: %.1f MB/s\n",
              static_cast<unsigned long long>(t.files), static_cast<unsigned long long>(t.bytes),
              static_cast<unsigned long long>(t.distinct), t.seconds,
              static_cast<double>(t.bytes) / 1e6 / std::max(t.seconds, 1e-9));
}

// Problems are told at once, each in one write, from any thread; the exit status remembers them.
class problems {
 public:
  static bool on_terminal() {
    static const bool result = ::isatty(STDERR_FILENO) == 1;
    return result;
  }

  void failed(const std::string& path, int error) {
    any_.store(true, std::memory_order_relaxed);  // read after all readers have been joined
    tell(path, std::strerror(error));
  }
  void skipped(const std::string& path) { tell(path, "not a regular file, skipped"); }
  int exit_status() const { return any_.load(std::memory_order_relaxed) ? 1 : 0; }

 private:
  // On a terminal a progress line may stand where this line begins.
  static void tell(const std::string& path, const char* what) {
    const char* const erase = on_terminal() ? "\r\033[K" : "";
    std::fprintf(stderr, "%swordcount: %s: %s\n", erase, path.c_str(), what);
  }

  std::atomic<bool> any_ = false;
};

}  // namespace wordcount
