// SPDX-License-Identifier: Apache-2.0
#include "view/level_of_detail.h"

#include <algorithm>

namespace gander::tool {
namespace {

// The first point from `from` on that is not before the time.
std::size_t first_from(const row& of, std::size_t from, std::int64_t time_ns) {
  std::size_t low = from, high = of.size();
  for (std::size_t step = 1; low + step < high; step *= 2) {  // most are near
    if (of.time_ns(low + step) >= time_ns) {
      high = low + step;
      break;
    }
  }
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (of.time_ns(middle) < time_ns)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace

std::optional<std::vector<slice>> slices(const row& of, const window& in, std::int64_t cell_ns,
                                         std::size_t most) {
  std::vector<slice> result;
  const auto length = [&of](std::size_t i) { return of.time_ns(i + 1) - of.time_ns(i); };
  // What had begun before the window may reach into it.
  std::size_t i = first_from(of, 0, in.from_ns);
  if (i != 0) --i;
  while (i + 1 < of.size() && of.time_ns(i) < in.to_ns) {
    if (of.kind(i) == 0 || of.time_ns(i + 1) <= in.from_ns) {
      ++i;
      continue;
    }
    std::size_t last = i + 1;
    if (length(i) < cell_ns) {
      const std::int64_t inside = std::max<std::int64_t>(of.time_ns(i) - in.from_ns, 0);
      const std::int64_t rest =
          cell_ns - inside % cell_ns;  // of the cell, for the first that begins
      const std::int64_t begin = in.from_ns + inside;
      const std::int64_t end = in.to_ns - begin < rest ? in.to_ns : begin + rest;
      last = first_from(of, last, end);
      last = std::min(last, of.size() - 1);
      // Only the last can be longer than the cell that it begins in.
      while (last > i + 1 && (of.kind(last - 1) == 0 || length(last - 1) >= cell_ns)) --last;
    }
    if (result.size() == most) return {};
    result.push_back({of.time_ns(i), of.time_ns(last), i, last, last > i + 1});
    i = last;
  }
  return result;
}

detail level_of_detail(const row& of, const window& in, std::uint64_t width, std::size_t most) {
  const auto length = static_cast<std::uint64_t>(in.to_ns - in.from_ns);
  auto cell = static_cast<std::int64_t>((length - 1) / width + 1);
  for (;;) {
    if (std::optional<std::vector<slice>> found = slices(of, in, cell, most))
      return {cell, std::move(*found)};
    // As wide as the window it is one cell: no need to go on to where it would overflow.
    cell = static_cast<std::uint64_t>(cell) > length / 2 ? in.to_ns - in.from_ns : cell * 2;
  }
}

}  // namespace gander::tool
