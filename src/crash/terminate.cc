// SPDX-License-Identifier: Apache-2.0
//
// Runs before the report is claimed, as ordinary code of the dying goroutine: asking an exception
// what it says is the user's code, and may do anything.
#include "crash/terminate.h"

#include <cxxabi.h>
#include <gander/panic.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <typeinfo>

#include "crash/go_name.h"
#include "crash/report.h"
#include "crash/symbolizer.h"
#include "crash/throw_record.h"
#include "crash/unwinder.h"
#include "sched/current.h"

namespace gander::crash {
namespace {

// What is known of the exception, in memory that the report can read.
struct panic_value {
  char text[4096];
  bool is_panic = true;
};

// Line ends are followed by a tab, so that no text can look like a line of the report's own.
void indented(text_writer& out, std::string_view text) noexcept {
  for (const char c : text) {
    out.character(c);
    if (c == '\n') out.character('\t');
  }
}

// A class's mangled name, behind the prefix of symbols, demangles to its name.
void type_name(text_writer& out, const std::type_info& type) noexcept {
  char symbol[max_function_name];
  char name[max_function_name];
  text_writer mangled(symbol);
  mangled.text("_Z").text(type.name());
  out.text(go_function_name(mangled.view(), name));
}

// As Go prints panic values: texts and numbers plainly, errors by what they say, the rest by type
// and address.
void describe(text_writer& out, const std::type_info& type, const void* object) {
  try {
    throw;
  } catch (const panic_error& e) {
    indented(out, e.what());
  } catch (const std::exception& e) {
    type_name(out, type);
    indented(out.text(": "), e.what());
  } catch (const std::string& e) {  // gander:may-allocate: it does not, a reference
    indented(out, e);
  } catch (const char* e) {
    indented(out, e != nullptr ? e : "nil");
  } catch (int e) {
    out.signed_dec(e);
  } catch (long e) {
    out.signed_dec(e);
  } catch (unsigned e) {
    out.dec(e);
  } catch (unsigned long e) {
    out.dec(e);
  } catch (...) {
    type_name(out.text("("), type);
    out.text(") ").hex(reinterpret_cast<std::uintptr_t>(object));
  }
}

void panic_lines(text_writer& out, const death& d) {
  const auto& value = *static_cast<const panic_value*>(d.details);
  out.text(value.is_panic ? "panic: " : "fatal error: ").text(value.text).text("\n");
}

bool carries_a_throw(std::string_view function) noexcept {
  return function == "__cxa_throw" || function == "__cxa_rethrow" ||
         function.starts_with("std::rethrow_exception");
}

// Goes from here out to the caller of the throw; false when the frames between are gone.
bool walk_to_throw(const regs& here, regs& thrower) noexcept {
  memory_reader reader;
  unwinder walk(here, reader);
  constexpr int deepest = 32;  // terminate is called close to the throw, if by it at all
  for (int i = 0; i < deepest; ++i) {
    bool is_throw = false;
    for (const logical_frame& f : symbolize(walk.current().pc(), walk.pc_is_return_address()))
      is_throw |= carries_a_throw(f.function);
    if (!walk.step()) break;
    if (is_throw) {
      thrower = walk.current();
      return true;
    }
  }
  return false;
}

void* current_exception_object() noexcept {
  const std::exception_ptr current = std::current_exception();
  void* object = nullptr;
  static_assert(sizeof current == sizeof object);
  std::memcpy(&object, &current,
              sizeof object);  // libstdc++'s exception_ptr is the object's address
  return object;
}

[[noreturn]] void on_terminate() {
  static panic_value value;
  static std::uintptr_t recorded[48];
  regs here = regs::capture();
  death d;
  d.first_lines = panic_lines;
  d.details = &value;
  d.at = &here;
  char text[sizeof value.text];
  text_writer out(std::span(text, sizeof text - 1));
  // goexit() unwinds with something that is no C++ exception: there is no type to ask it for.
  const M* const m = current_m();
  const bool goexiting = m != nullptr && static_cast<G*>(m->curg)->goexiting;
  const std::type_info* const type = goexiting ? nullptr : abi::__cxa_current_exception_type();
  if (goexiting) {
    out.text("goexit was stopped by a noexcept function");
  } else if (type == nullptr) {
    out.text("terminate called without an exception");
  } else {
    void* const object = current_exception_object();
    std::uintptr_t pcs[48];
    const std::size_t count =
        find_throw(object, pcs);  // before describe(), whose rethrow is a throw, too
    describe(out, *type, object);
    if (!may_report()) {  // another thread's death is being told
    } else if (regs thrower; walk_to_throw(here, thrower)) {
      here = thrower;  // what lies between is of no use to a reader
    } else if (count != 0) {
      std::memcpy(recorded, pcs, count * sizeof pcs[0]);
      d.recorded = {recorded, count};
    }
  }
  if (may_report()) {
    const std::string_view described = out.view();
    std::memcpy(value.text, described.data(), described.size());
    value.text[described.size()] = '\0';
    value.is_panic = type != nullptr;
  }
  die(d);
}

}  // namespace

void install_terminate_handler() noexcept { std::set_terminate(on_terminate); }

}  // namespace gander::crash
