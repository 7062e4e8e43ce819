// SPDX-License-Identifier: Apache-2.0
#include "tracer/tables.h"

#include <cstring>
#include <string_view>

#include "base/print.h"
#include "crash/go_name.h"
#include "crash/runtime_frames.h"
#include "crash/symbolizer.h"
#include "trace/event.h"
#include "trace/tables.h"
#include "trace/varint.h"

namespace gander::tracer {
namespace {

using trace::kind;

// Records of one kind, packed into batches.
class table {
 public:
  table(kind head, table_sink& to) noexcept : head_(head), to_(to) {}

  // Room for a record of at most `bytes`; nullptr when the sink has failed.
  std::uint8_t* room(std::size_t bytes) noexcept {
    if (failed_) return nullptr;
    if (bytes <= static_cast<std::size_t>(end_ - at_)) return at_;
    finish();
    const std::span<std::uint8_t> space = to_.room();
    if (space.size() < bytes + 1) {
      failed_ = true;
      return nullptr;
    }
    begin_ = at_ = space.data();
    end_ = begin_ + space.size();
    *at_++ = static_cast<std::uint8_t>(head_);
    return at_;
  }
  void used_up_to(std::uint8_t* at) noexcept { at_ = at; }

  bool finish() noexcept {
    if (begin_ != nullptr && !to_.take(static_cast<std::size_t>(at_ - begin_))) failed_ = true;
    begin_ = at_ = end_ = nullptr;
    return !failed_;
  }

 private:
  kind head_;
  table_sink& to_;
  std::uint8_t* begin_ = nullptr;
  std::uint8_t* at_ = nullptr;
  std::uint8_t* end_ = nullptr;
  bool failed_ = false;
};

// A frame as the file has it.
struct frame {
  std::uint64_t pc;
  trace::string_id function;
  trace::string_id file;
  std::uint32_t line;
};

// Readers keep one frame for a pc, so each frame that was inlined needs one of its own.
constexpr std::uint64_t pc_of_inlined(std::uintptr_t pc, std::size_t depth) noexcept {
  return std::uint64_t{1} << 62 | std::uint64_t{pc} << 6 | (depth & 63);
}

constexpr std::uintptr_t user_code_pc =
    1;  // what a goroutine does whose P was taken as it computed

class frame_list {
 public:
  frame_list(trace::table_set& from, std::uint32_t generation) noexcept
      : from_(from), generation_(generation) {}

  std::size_t size() const noexcept { return size_; }
  const frame* begin() const noexcept { return frames_; }
  const frame* end() const noexcept { return frames_ + size_; }

  // The frames of a physical one that a report would show.
  void add(std::uintptr_t pc) noexcept {
    if (pc == user_code_pc) {
      push({pc, static_cast<trace::string_id>(trace::text::user_code), 0, 0});
      return;
    }
    std::size_t depth = 0;
    const auto frames = crash::symbolize(pc, true);
    const crash::logical_frame& physical = frames.back();
    const bool in_library = physical.callable.empty() && physical.function.starts_with("gander::");
    for (const crash::logical_frame& f : frames) {
      const std::uint64_t file_pc = f.inlined ? pc_of_inlined(pc, depth++) : std::uint64_t{pc};
      // Debug information may have lost the namespace of what was inlined.
      const bool ours = f.hidden || (f.inlined && crash::is_bare_name(f.function) &&
                                     (in_library || crash::is_library_file(f.file)));
      if (ours) continue;
      const bool bare = f.inlined && f.function == "operator()" && !physical.callable.empty();
      bare ? push_call_of(physical.callable, file_pc, f) : push(file_pc, f.function, f);
    }
  }

  // Where nothing is to be shown, it is the entry of a goroutine: named after the callable.
  void add_entry(std::uintptr_t pc) noexcept {
    const auto frames = crash::symbolize(pc, true);
    const crash::logical_frame& f = frames.back();
    if (f.callable.empty()) return push(pc, f.function, f);
    push_call_of(f.callable, pc, f);  // as the frame is called that stands above it in other stacks
  }

 private:
  // Debug information calls what was inlined of it by its last name.
  void push_call_of(std::string_view callable, std::uint64_t pc,
                    const crash::logical_frame& f) noexcept {
    char name[crash::max_function_name + 16];
    text_writer out(name);
    push(pc, out.text(callable).text("::operator()").view(), f);
  }
  void push(std::uint64_t pc, std::string_view function, const crash::logical_frame& f) noexcept {
    push({pc, trace::intern(from_, function, generation_),
          trace::intern(from_, f.file, generation_), f.line});
  }
  void push(const frame& f) noexcept {
    if (size_ < trace::max_frames) frames_[size_++] = f;
  }

  trace::table_set& from_;
  std::uint32_t generation_;
  std::size_t size_ = 0;
  frame frames_[trace::max_frames];
};

bool write_stacks(trace::table_set& from, std::uint32_t generation, table_sink& to) noexcept {
  table out(kind::stacks, to);
  from.stacks.for_each_used(generation,
                            [&](trace::word_table::id id, std::span<const std::uintptr_t> pcs) {
                              frame_list frames(from, generation);
                              for (const std::uintptr_t pc : pcs) frames.add(pc);
                              if (frames.size() == 0 && !pcs.empty()) frames.add_entry(pcs.back());
                              constexpr std::size_t frame_bytes = 3 * trace::max_varint_bytes;
                              std::uint8_t* at = out.room(24 + frames.size() * frame_bytes);
                              if (at == nullptr) return;
                              *at++ = static_cast<std::uint8_t>(kind::stack);
                              at = trace::put_varint(at, id);
                              at = trace::put_varint(at, frames.size());
                              for (const frame& f : frames) {
                                at = trace::put_varint(at, f.pc);
                                at = trace::put_varint(at, f.function);
                                at = trace::put_varint(at, f.file);
                                at = trace::put_varint(at, f.line);
                              }
                              out.used_up_to(at);
                            });
  return out.finish();
}

bool write_strings(const trace::table_set& from, std::uint32_t generation,
                   table_sink& to) noexcept {
  table out(kind::strings, to);
  const auto put = [&](trace::string_id id, std::string_view s) {
    std::uint8_t* at = out.room(24 + s.size());
    if (at == nullptr) return;
    *at++ = static_cast<std::uint8_t>(kind::string);
    at = trace::put_varint(at, id);
    at = trace::put_varint(at, s.size());
    if (!s.empty()) std::memcpy(at, s.data(), s.size());
    out.used_up_to(at + s.size());
  };
  for (std::size_t i = 1; i < trace::texts.size(); ++i)
    put(static_cast<trace::string_id>(i), trace::texts[i]);
  from.strings.for_each_used(generation,
                             [&](trace::word_table::id id, std::span<const std::uintptr_t> words) {
                               put(trace::first_table_string + id - 1, trace::string_of(words));
                             });
  return out.finish();
}

}  // namespace

bool write_tables(std::uint32_t generation, table_sink& to) noexcept {
  // Strings last: stacks bring their names.
  trace::table_set* const from = trace::tables_of(generation);
  return from != nullptr && write_stacks(*from, generation, to) &&
         write_strings(*from, generation, to);
}

}  // namespace gander::tracer
