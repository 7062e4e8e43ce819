// SPDX-License-Identifier: Apache-2.0

// The peer of examples/wordcount on a pool of std::thread: the same splitter, map, packer and
// report, one thread per core, a map per thread, batches of paths through a queue under a mutex.
// The main thread walks, then works with the others, so that no core has an idle thread or two busy
// ones once the walk is over.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "wordcount/fold.h"
#include "wordcount/options.h"
#include "wordcount/packer.h"
#include "wordcount/report.h"
#include "wordcount/walk.h"
#include "wordcount/word_map.h"

namespace wordcount {
namespace {

// Unbounded: a walker that waits for room would only cost wake-ups.
class queue {
 public:
  void push(batch paths) {
    {
      std::lock_guard lock(mutex_);
      batches_.push_back(std::move(paths));
    }
    ready_.notify_one();
  }
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }
  std::optional<batch> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !batches_.empty(); });
    if (batches_.empty()) return std::nullopt;
    batch paths = std::move(batches_.front());
    batches_.pop_front();
    return paths;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<batch> batches_;
  bool closed_ = false;
};

struct worker {
  word_map map;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

void work(worker& self, queue& batches, problems& told) {
  packer pack([&](std::string_view block) { self.map.add_all(block); });
  while (std::optional<batch> taken = batches.pop()) {
    for (const std::string& path : taken->paths) {
      if (const int error = pack.add(path.c_str(), taken->named); error != 0) {
        told.failed(path, error);
      } else {
        ++self.files;
      }
    }
  }
  pack.flush();
  self.bytes = pack.bytes();
}

void walk(const options& options, queue& batches, problems& told) {
  std::vector<std::string> files, folders;
  for (const std::string& path : options.paths) {
    kind what{};
    if (const int error = kind_of(path.c_str(), what); error != 0) {
      told.failed(path, error);
    } else if (what == kind::folder) {
      folders.push_back(path);
    } else {
      batches.push({{path}, true});
    }
  }
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const int error = list_folder(folder, [&](const char* name, kind what) {
      if (what == kind::link) return;
      std::string path = join(folder, name);
      if (what == kind::special) return told.skipped(path);
      (what == kind::folder ? folders : files).push_back(std::move(path));
    });
    if (error != 0) told.failed(folder, error);
    if (files.size() >= batch_size) batches.push({std::exchange(files, {})});
  }
  if (!files.empty()) batches.push({std::move(files)});
  batches.close();
}

int run(const options& options) {
  const auto start = std::chrono::steady_clock::now();
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned count = options.readers != 0 ? options.readers : cores;
  problems told;
  queue batches;
  std::vector<worker> workers(count);
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < count; ++i)
    threads.emplace_back([&, i] { work(workers[i], batches, told); });
  walk(options, batches, told);
  work(workers[0], batches, told);
  for (std::thread& thread : threads) thread.join();

  totals sums;
  std::vector<word_map*> maps;
  for (worker& w : workers) {
    maps.push_back(&w.map);
    sums.files += w.files;
    sums.bytes += w.bytes;
  }
  folded all = fold(maps, hash_range{}, options.all ? ~std::size_t{0} : options.top);
  sums.distinct = all.distinct;
  if (options.all) {
    print_all(all.top);
  } else {
    keep_top(all.top, options.top);
    sums.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    print_entries(all.top, 12);
    print_totals(sums);
  }
  return told.exit_status();
}

}  // namespace
}  // namespace wordcount

int main(int argc, char** argv) {
  wordcount::options options;
  if (const int status = wordcount::parse(argc, argv, options); status >= 0) return status;
  return wordcount::run(options);
}
