// SPDX-License-Identifier: Apache-2.0
#include "trace/wire.h"

#include <array>
#include <string>
#include <string_view>

#include "trace/event_type.h"

namespace gander::tool {
namespace {

constexpr std::size_t header_size = 16;

// "go 1.N trace" and zeros; 0: something else.
unsigned minor_of(std::string_view header) {
  constexpr std::string_view before = "go 1.", after = " trace";
  if (!header.starts_with(before)) return 0;
  unsigned minor = 0;
  std::size_t at = before.size();
  for (; at < header.size() && at < before.size() + 3 && header[at] >= '0' && header[at] <= '9';
       ++at)
    minor = minor * 10 + static_cast<unsigned>(header[at] - '0');
  const std::string_view rest = header.substr(at);
  if (!rest.starts_with(after)) return 0;
  return rest.find_first_not_of('\0', after.size()) == std::string_view::npos ? minor : 0;
}

}  // namespace

wire_reader::wire_reader(input& in) : in_(in) {
  std::array<std::uint8_t, header_size> bytes{};
  const std::size_t got = in_.read(bytes.data(), bytes.size());
  if (got == 0) throw format_error(0, "not a trace: there is nothing in it");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()), got);
  if (got < bytes.size()) {
    if (std::string_view("go 1.").starts_with(header.substr(0, 5)))
      throw format_error(got, "the header of the trace is cut off");
    throw format_error(0, "not a trace: it does not begin with \"go 1.N trace\"");
  }
  minor_ = minor_of(header);
  if (minor_ == 0) throw format_error(0, "not a trace: it does not begin with \"go 1.N trace\"");
  if (minor_ < 22)
    throw format_error(0, "a trace in the old format, of Go 1." + std::to_string(minor_) +
                              ": traces of Go 1.22 and later can be read");
  if (minor_ != 22 && minor_ != 23 && minor_ != 25 && minor_ != 26)
    throw format_error(0, "a trace of Go 1." + std::to_string(minor_) +
                              ", which is not known: 1.22, 1.23, 1.25 and 1.26 can be read");
}

std::uint64_t wire_reader::number() {
  return take_number([this] { return in_.get(); }, [this] { return in_.offset(); });
}

wire_reader::item wire_reader::next(batch& result) {
  result = {};
  result.offset = in_.offset();
  const int first = in_.get();
  if (first < 0) return item::end;
  const auto type = static_cast<event_type>(first);
  if (type == event_type::end_of_generation && marks_generations()) return item::end_of_generation;
  try {
    if (type == event_type::experimental_batch && minor_ >= 23) {
      result.experimental = true;
      if (in_.get() < 0) throw format_error(in_.offset(), "a batch is cut off");
    } else if (type != event_type::event_batch) {
      throw format_error(result.offset, "a batch was expected, not a byte " +
                                            std::to_string(first) + " (" +
                                            std::string(name_of(type)) + ")");
    }
    const std::uint64_t generation = number();
    if (generation == 0) throw format_error(result.offset, "a batch of generation 0");
    result.generation = generation;
    result.thread = number();
    result.time = number();
    const std::uint64_t size = number();
    if (size > largest_batch)
      throw format_error(result.offset,
                         "a batch of " + std::to_string(size) + " bytes: 65536 are the most");
    result.payload_offset = in_.offset();
    result.payload.resize(static_cast<std::size_t>(size));
    const std::size_t got = in_.read(result.payload.data(), result.payload.size());
    if (got < size)
      throw format_error(in_.offset(), "a batch is cut off: " + std::to_string(got) + " of " +
                                           std::to_string(size) + " bytes");
  } catch (const format_error& error) {
    throw batch_error(error, result.generation);
  }
  return item::batch;
}

}  // namespace gander::tool
