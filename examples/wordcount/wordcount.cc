// SPDX-License-Identifier: Apache-2.0

// wordcount PATH...: counts words with goroutines.
//
//   walkers  a goroutine per folder while permits last  -- batches of paths -->
//   readers  several per core, for most of their time is spent in open and read; a full block is
//            counted into one of a few maps, one per core, which a reader borrows for that long
//   adders   one per core, each adds up its part of all hashes; no lock, no copy of a word
//
// A reader that waits for the disk needs no thread pool and no asynchronous read: it just reads,
// and the runtime gives its place to another goroutine.
#include <gander/gander.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "fold.h"
#include "options.h"
#include "packer.h"
#include "report.h"
#include "walk.h"
#include "word_map.h"

namespace wordcount {
namespace {

using map_ptr = std::unique_ptr<word_map>;

class job {
 public:
  explicit job(const options& o) : options_(o) {
    for (std::size_t i = 0; i < cores_; ++i) maps_.send(std::make_unique<word_map>());
  }

  int run() {
    const auto start = std::chrono::steady_clock::now();
    gander::chan<void> finished = gander::make_chan<void>();
    gander::wait_group progress;
    if (problems::on_terminal()) progress.go([this, finished] { show_progress(finished); });

    gander::go([this] { walk_all(); });
    gander::wait_group readers;
    const std::size_t count = options_.readers != 0 ? options_.readers : cores_ * 4;
    for (std::size_t i = 0; i < count; ++i) readers.go([this] { read_batches(); });
    readers.wait();
    const std::vector<folded> parts = fold_all();

    finished.close();
    progress.wait();
    print(parts, start);
    return problems_.exit_status();
  }

 private:
  void walk_all() {
    gander::wait_group walkers;
    for (const std::string& path : options_.paths) {
      kind what{};
      if (const int error = kind_of(path.c_str(), what); error != 0) {
        problems_.failed(path, error);
      } else if (what == kind::folder) {
        walk(path, walkers);
      } else {
        batches_.send({{path}, true});
      }
    }
    walkers.wait();
    batches_.close();
  }

  // Walks a tree. While permits last, a subfolder gets a goroutine of its own; then this one keeps
  // it for later, so that neither goroutines nor open folders pile up in a wide tree.
  void walk(const std::string& root, gander::wait_group& walkers) {
    std::vector<std::string> files;
    std::vector<std::string> folders{root};
    while (!folders.empty()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      std::vector<std::string> inside;
      const int error = list_folder(folder, [&](const char* name, kind what) {
        if (what == kind::link) return;
        std::string path = join(folder, name);
        if (what == kind::folder) {
          inside.push_back(std::move(path));
        } else if (what == kind::special) {
          problems_.skipped(path);
        } else {
          files.push_back(std::move(path));
        }
      });
      if (error != 0) problems_.failed(folder, error);
      for (std::string& sub : inside) {
        if (!walk_permits_.try_acquire()) {
          folders.push_back(std::move(sub));
          continue;
        }
        walkers.go([this, sub = std::move(sub), &walkers] {
          walk(sub, walkers);
          walk_permits_.release();
        });
      }
      if (files.size() >= batch_size) batches_.send({std::exchange(files, {})});
    }
    if (!files.empty()) batches_.send({std::move(files)});
  }

  void read_batches() {
    packer pack([this](std::string_view block) { count(block); });
    std::uint64_t files = 0, bytes = 0;
    for (const batch& b : batches_) {
      for (const std::string& path : b.paths) {
        if (const int error = pack.add(path.c_str(), b.named); error != 0) {
          problems_.failed(path, error);
        } else {
          ++files;
        }
      }
      // Relaxed: sums, exact once the readers have been waited for.
      files_.fetch_add(std::exchange(files, 0), std::memory_order_relaxed);
      bytes_.fetch_add(pack.bytes() - std::exchange(bytes, pack.bytes()),
                       std::memory_order_relaxed);
    }
    pack.flush();
  }

  void count(std::string_view block) {
    map_ptr map = std::move(*maps_.recv());
    map->add_all(block);
    maps_.send(std::move(map));
  }

  std::vector<folded> fold_all() {
    std::vector<word_map*> maps;
    for (std::size_t i = 0; i < cores_; ++i) {
      counted_.push_back(std::move(*maps_.recv()));
      maps.push_back(counted_.back().get());
    }
    const std::size_t wanted = options_.all ? ~std::size_t{0} : options_.top;
    std::vector<folded> parts(cores_);
    gander::wait_group adders;
    for (std::size_t i = 0; i < cores_; ++i)
      adders.go([&, i] { parts[i] = fold(maps, part_of_hashes(i, cores_), wanted); });
    adders.wait();
    return parts;
  }

  void print(const std::vector<folded>& parts, std::chrono::steady_clock::time_point start) {
    std::vector<entry> entries;
    totals sums;
    for (const folded& part : parts) {
      entries.insert(entries.end(), part.top.begin(), part.top.end());
      sums.distinct += part.distinct;
    }
    if (options_.all) return print_all(entries);
    keep_top(entries, options_.top);
    sums.files = files_;
    sums.bytes = bytes_;
    sums.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    print_entries(entries, 12);
    print_totals(sums);
  }

  void show_progress(const gander::chan<void>& finished) {
    using namespace std::chrono_literals;
    gander::ticker tick(100ms);
    for (bool done = false; !done;) {
      gander::select(gander::on_recv(finished, [&](bool) { done = true; }),
                     gander::on_recv(tick.c(), [](auto) {}));
      std::fprintf(stderr, "\r\033[K%llu files, %.1f MB", static_cast<unsigned long long>(files_),
                   static_cast<double>(bytes_) / 1e6);
    }
    std::fputs("\r\033[K", stderr);
  }

  const options& options_;
  const std::size_t cores_ = static_cast<std::size_t>(gander::gomaxprocs());
  gander::chan<batch> batches_ = gander::make_chan<batch>(batch_size);
  gander::chan<map_ptr> maps_ = gander::make_chan<map_ptr>(cores_);
  gander::semaphore walk_permits_{static_cast<std::ptrdiff_t>(cores_ * 4)};
  std::vector<map_ptr> counted_;
  std::atomic<std::uint64_t> files_ = 0, bytes_ = 0;
  problems problems_;
};

}  // namespace
}  // namespace wordcount

int main(int argc, char** argv) {
  wordcount::options options;
  if (const int status = wordcount::parse(argc, argv, options); status >= 0) return status;
  return gander::run([&] { return wordcount::job(options).run(); });
}
