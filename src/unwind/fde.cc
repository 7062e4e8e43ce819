// SPDX-License-Identifier: Apache-2.0
//
// .eh_frame and .eh_frame_hdr as in the Linux Standard Base, chapter 10.6; see fde.h.
#include "unwind/fde.h"

#include "os/code_map.h"
#include "unwind/byte_cursor.h"

namespace gander::unwind {
namespace {

constexpr std::uint8_t pe_omit = 0xff;
constexpr std::uint8_t pe_indirect = 0x80;
constexpr std::uint8_t table_of_sdata4_pairs =
    0x3b;  // datarel | sdata4: the only sorted form in use

// Sign-extends what is narrower than a pointer.
template <typename T>
std::uintptr_t extended(byte_cursor& from) noexcept {
  return static_cast<std::uintptr_t>(static_cast<std::intptr_t>(from.take<T>()));
}

// What has 64 bits; fails where that is more than an address.
std::uintptr_t take_word(byte_cursor& from) noexcept {
  const auto v = from.take<std::uint64_t>();
  const auto word = static_cast<std::uintptr_t>(v);
  if (word != v) from.fail();
  return word;
}

// The bytes of one CIE or FDE behind its length field; false at the terminator or past the module.
bool open_record(byte_cursor& c) noexcept {
  std::uintptr_t length = c.take<std::uint32_t>();
  if (length == 0xffffffff) length = take_word(c);
  if (c.failed() || length == 0 || length > c.end() - c.at()) return false;
  return true;
}

std::uintptr_t record_end(std::uintptr_t at, byte_cursor c) noexcept {
  c.seek(at);
  std::uintptr_t length = c.take<std::uint32_t>();
  if (length == 0xffffffff) length = take_word(c);
  return c.failed() || length > c.end() - c.at() ? c.at() : c.at() + length;
}

bool parse_augmentation(byte_cursor& c, std::uintptr_t letters, memory_reader& reader,
                        fde& out) noexcept {
  byte_cursor letter(letters, c.end(), reader);
  if (letter.u8() != 'z') return false;
  std::uintptr_t bytes = c.uleb();
  if (c.failed() || bytes > c.end() - c.at()) return false;
  std::uintptr_t behind = c.at() + bytes;
  for (std::uint8_t l = letter.u8(); l != 0 && !letter.failed(); l = letter.u8()) {
    if (l == 'R') {
      out.pointer_encoding = c.u8();
    } else if (l == 'P') {
      std::uint8_t encoding = c.u8();
      take_encoded(c, encoding & 0x7f, 0, reader);  // never follow the personality's indirection
    } else if (l == 'L') {
      c.u8();
    } else if (l == 'S') {
      out.signal_frame = true;
    } else if (l != 'B') {
      break;  // unknown: `bytes` says where it ends
    }
  }
  c.seek(behind);
  return !c.failed();
}

bool parse_cie(std::uintptr_t at, memory_reader& reader, fde& out) noexcept {
  byte_cursor c(at, out.module_end, reader);
  if (at < out.module_begin || !open_record(c)) return false;
  std::uintptr_t end = record_end(at, c);
  c = byte_cursor(c.at(), end, reader);
  if (c.take<std::uint32_t>() != 0) return false;  // 0 marks a CIE
  std::uint8_t version = c.u8();
  if (version != 1 && version != 3 && version != 4) return false;
  std::uintptr_t letters = c.at();
  out.augmented = c.u8() != 0;
  if (out.augmented)
    while (!c.failed() && c.u8() != 0) {
    }
  if (version == 4) c.take<std::uint16_t>();  // address and segment size
  out.code_align = c.uleb();
  out.data_align = c.sleb();
  out.return_column = version == 1 ? c.u8() : c.uleb();
  out.pointer_encoding = 0;
  out.signal_frame = false;
  if (out.augmented && !parse_augmentation(c, letters, reader, out)) return false;
  out.cie_program = c.at();
  out.cie_program_end = end;
  return !c.failed();
}

bool parse_fde(std::uintptr_t at, memory_reader& reader, fde& out) noexcept {
  byte_cursor c(at, out.module_end, reader);
  if (at < out.module_begin || !open_record(c)) return false;
  std::uintptr_t end = record_end(at, c);
  c = byte_cursor(c.at(), end, reader);
  std::uintptr_t field = c.at();
  std::uint32_t to_cie = c.take<std::uint32_t>();
  if (c.failed() || to_cie == 0 || !parse_cie(field - to_cie, reader, out)) return false;
  out.pc_begin = take_encoded(c, out.pointer_encoding, 0, reader);
  std::uintptr_t length = take_encoded(c, out.pointer_encoding & 0x0f, 0, reader);
  out.pc_end = out.pc_begin + length;
  if (out.augmented) c.skip(c.uleb());
  if (c.failed() || out.pc_end < out.pc_begin) return false;
  out.program = c.at();
  out.program_end = end;
  return true;
}

// The table's entries are pairs (start of function, address of FDE), relative to the header.
std::uintptr_t search_table(std::uintptr_t table, std::uintptr_t count, std::uintptr_t header,
                            std::uintptr_t pc, byte_cursor c) noexcept {
  std::uintptr_t lo = 0;
  std::uintptr_t hi = count;
  while (lo < hi && !c.failed()) {
    std::uintptr_t middle = lo + (hi - lo) / 2;
    c.seek(table + middle * 8);
    if (header + extended<std::int32_t>(c) <= pc)
      lo = middle + 1;
    else
      hi = middle;
  }
  if (lo == 0) return 0;
  c.seek(table + (lo - 1) * 8 + 4);
  std::uintptr_t at = header + extended<std::int32_t>(c);
  return c.failed() ? 0 : at;
}

}  // namespace

std::uintptr_t take_encoded(byte_cursor& from, std::uint8_t encoding, std::uintptr_t data_base,
                            memory_reader& reader) noexcept {
  if (encoding == pe_omit) return 0;
  std::uintptr_t field = from.at();
  std::uintptr_t v = 0;
  switch (encoding & 0x0f) {
    case 0x00:
      v = from.take<std::uintptr_t>();
      break;
    case 0x01:
      v = from.uleb();
      break;
    case 0x02:
      v = from.take<std::uint16_t>();
      break;
    case 0x03:
      v = from.take<std::uint32_t>();
      break;
    case 0x04:
      v = take_word(from);
      break;
    case 0x09:
      v = static_cast<std::uintptr_t>(from.sleb());
      break;
    case 0x0a:
      v = extended<std::int16_t>(from);
      break;
    case 0x0b:
      v = extended<std::int32_t>(from);
      break;
    case 0x0c:
      v = extended<std::int64_t>(from);
      break;
    default:
      from.fail();
      return 0;
  }
  switch (encoding & 0x70) {
    case 0x00:
      break;
    case 0x10:
      v += field;
      break;
    case 0x30:
      v += data_base;
      break;
    default:
      from.fail();
      return 0;  // textrel, funcrel, aligned: not on Linux
  }
  if ((encoding & pe_indirect) != 0) {
    std::uintptr_t word = 0;
    if (!reader.load(v, word)) from.fail();
    v = word;
  }
  return v;
}

bool find_fde(std::uintptr_t pc, memory_reader& reader, fde& out) noexcept {
  os::code_object module;
  if (!os::find_code_object(pc, module) || module.eh_frame_hdr == 0) return false;
  out.module_begin = module.map_start;
  out.module_end = module.map_end;
  std::uintptr_t header = module.eh_frame_hdr;
  byte_cursor c(header, module.map_end, reader);
  if (header < module.map_start || c.u8() != 1) return false;
  std::uint8_t frame_encoding = c.u8();
  std::uint8_t count_encoding = c.u8();
  if (c.u8() != table_of_sdata4_pairs || count_encoding == pe_omit) return false;
  take_encoded(c, frame_encoding, header, reader);
  std::uintptr_t count = take_encoded(c, count_encoding, header, reader);
  if (c.failed() || count > (c.end() - c.at()) / 8) return false;
  std::uintptr_t at = search_table(c.at(), count, header, pc, c);
  return at != 0 && parse_fde(at, reader, out) && pc >= out.pc_begin && pc < out.pc_end;
}

}  // namespace gander::unwind
