// SPDX-License-Identifier: Apache-2.0

// Adds up what several maps have counted, and finds the most frequent words: for all hashes at
// once, or for a range of them by each of several workers, who then need no lock: a worker reads
// the keys of all slots that it meets, which nobody changes, but the counts of its own range only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "report.h"
#include "word_map.h"

namespace wordcount {

// The i-th of `parts` ranges, which together are all hashes.
inline hash_range part_of_hashes(std::size_t i, std::size_t parts) {
  const std::uint64_t step = ~std::uint64_t{0} / parts;
  return {i * step, i + 1 == parts ? ~std::uint64_t{0} : (i + 1) * step - 1};
}

struct folded {
  std::vector<entry> top;  // in no order
  std::uint64_t distinct = 0;
};

// The n most frequent words with hashes of the range. Moves their counts among the maps, so once
// for each range. The entries borrow from the maps. Nothing is added to a map, whose table might
// then have to grow: the count of a word that several maps have moves to the first of them.
inline folded fold(std::span<word_map*> maps, hash_range range, std::size_t n) {
  folded result;
  const auto offer = [&](const entry& e) {
    ++result.distinct;
    if (result.top.size() == n) {
      if (n == 0 || !more_frequent(e, result.top.front())) return;
      std::pop_heap(result.top.begin(), result.top.end(), more_frequent);
      result.top.pop_back();
    }
    result.top.push_back(e);
    std::push_heap(result.top.begin(), result.top.end(), more_frequent);
  };
  // From the last map to the first: whatever moves to a map is there when its turn comes.
  for (std::size_t i = maps.size(); i-- > 0;)
    maps[i]->for_each(range, [&](entry& e) {
      for (word_map* const earlier : maps.first(i))
        if (entry* const same = earlier->find(e.key)) {
          same->count += e.count;
          return;
        }
      offer(e);
    });
  return result;
}

}  // namespace wordcount
