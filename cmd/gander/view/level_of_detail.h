// SPDX-License-Identifier: Apache-2.0
//
// What a window shows of a row, in so many slices at most, however long the row is.
//
// Slices as long as a cell (a pixel, or some) or longer stand for themselves. Shorter ones that
// begin in the same cell are one, from the first's begin to the last's end, together with the gaps
// between them; it says how many they are and how long each kind lasted. So no two overlap, none of
// a cell's length is ever missing, and a row has at most two for each cell: at most one merged one
// begins in it, and at most one of its own length.
//
// The end of a cell is looked for by halving: the cost hangs on the cells, not on the slices.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "view/row.h"

namespace gander::tool {

struct window {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;  // REQUIRES: from_ns < to_ns, both not negative
};

struct slice {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::size_t first = 0;  // points of the row: [first, last)
  std::size_t last = 0;
  bool merged = false;  // more than one
};

// Those that touch the window, not cut off at its ends. Nothing if there are more than `most`.
std::optional<std::vector<slice>> slices(const row& of, const window& in, std::int64_t cell_ns,
                                         std::size_t most);

struct detail {
  std::int64_t cell_ns = 0;
  std::vector<slice> slices = {};
};

// In cells as narrow as a pixel; where that is too much, twice as wide, as often as needed.
// REQUIRES: width > 0, most >= 6: more than that there is not in a window of one cell.
detail level_of_detail(const row& of, const window& in, std::uint64_t width, std::size_t most);

}  // namespace gander::tool
