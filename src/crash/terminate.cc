// SPDX-License-Identifier: Apache-2.0
//
// Runs before the report is claimed, as ordinary code of the dying goroutine: asking an exception
// what it says is the user's code, and may do anything.
#include "crash/terminate.h"

#include <cxxabi.h>
#include <gander/panic.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

#include "crash/go_name.h"
#include "crash/previous_handlers.h"
#include "crash/report.h"
#include "crash/signal_words.h"
#include "crash/throw_record.h"
#include "crash/wait_objects.h"
#include "crash/waits_for.h"
#include "os/os.h"
#include "sched/current.h"

namespace gander::crash {
namespace {

// What an exception says of itself. The text stays where it is: the exception lives on.
struct panic_value {
  const char* fatal = nullptr;           // instead of all else: there is no exception
  const std::type_info* type = nullptr;  // told before the text, or with the address; nullptr: not
  std::string_view text;
  const void* object = nullptr;  // instead of a text
  const fault_error* fault = nullptr;
  internal::past past;
  char number[24];  // may hold the text
};

// Line ends are followed by a tab, so that no text can look like a line of the report's own. Go's
// tools give up at lines of 64 KiB.
void indented(text_writer& out, std::string_view text) noexcept {
  constexpr std::size_t most = 16 * 1024;
  for (const char c : text.substr(0, most)) {
    out.character(c);
    if (c == '\n') out.character('\t');
  }
  if (text.size() > most) out.text("... (").dec(text.size() - most).text(" more bytes)");
}

void type_name(text_writer& out, const std::type_info& type) noexcept {
  char name[max_function_name];
  out.text(go_type_name(type.name(), name));
}

template <typename T>
std::string_view digits(panic_value& v, T number) noexcept {
  text_writer out(v.number);
  if constexpr (std::is_signed_v<T>)
    out.signed_dec(number);
  else
    out.dec(number);
  return out.view();
}

std::string_view text_or(const char* text, std::string_view otherwise) noexcept {
  return text != nullptr ? text : otherwise;
}

// As Go prints panic values: texts and numbers plainly, errors by what they say, the rest by type
// and address.
void ask_exception(panic_value& v, const std::type_info& type, const void* object) {
  try {
    throw;
  } catch (const fault_error& e) {
    v.fault = &e;
    v.text = text_or(e.what(), "");
  } catch (const panic_error& e) {
    v.text = text_or(e.what(), "");
    v.past = inside::past_of(e);
  } catch (const std::exception& e) {
    v.type = &type;
    v.text = text_or(e.what(), "");
  } catch (const std::string& e) {  // gander:may-allocate: it does not, a reference
    v.text = e;
  } catch (const char* e) {
    v.text = text_or(e, "nil");
  } catch (int e) {
    v.text = digits(v, e);
  } catch (long e) {
    v.text = digits(v, e);
  } catch (unsigned e) {
    v.text = digits(v, e);
  } catch (unsigned long e) {
    v.text = digits(v, e);
  } catch (...) {
    v.type = &type;
    v.object = object;
  }
}

void panic_lines(text_writer& out, const death& d) {
  const auto& v = *static_cast<const panic_value*>(d.details);
  if (v.fatal != nullptr) {
    out.text("fatal error: ").text(v.fatal).text("\n");
    return;
  }
  out.text("panic: ");
  if (v.object != nullptr) {
    type_name(out.text("("), *v.type);
    out.text(") ").hex(reinterpret_cast<std::uintptr_t>(v.object));
  } else if (v.type != nullptr) {
    type_name(out, *v.type);
    out.text(": ");
  }
  indented(out, v.text);
  out.text("\n");
  if (v.fault != nullptr)
    print_signal_line(out, v.fault->signal_number(), v.fault->signal_code(),
                      reinterpret_cast<std::uintptr_t>(v.fault->address()),
                      reinterpret_cast<std::uintptr_t>(v.fault->pc()));
  if (!throws_are_recorded())
    out.text(
        "runtime: this program's throws are not recorded: where their frames are gone, the "
        "stack is that of std::terminate\n");
  if (v.past.what == nullptr) return;
  out.flush();  // what follows reads debug information
  print_past(out, v.past);
}

void* current_exception_object() noexcept {
  const std::exception_ptr current = std::current_exception();
  void* object = nullptr;
  static_assert(sizeof current == sizeof object);
  // libstdc++'s exception_ptr is the object's address.
  std::memcpy(&object, static_cast<const void*>(&current), sizeof object);
  return object;
}

// What an exception says is the user's code, which may end up here itself.
std::atomic<int> asking_tid{0};

[[noreturn]] void on_terminate() {
  static panic_value shown;
  static std::uintptr_t shown_pcs[48];
  const regs here = regs::capture();
  death d;
  d.first_lines = panic_lines;
  d.details = &shown;
  d.at = &here;
  d.by_terminate = true;
  panic_value v;
  std::uintptr_t pcs[std::size(shown_pcs)];
  std::size_t count = 0;
  // goexit() unwinds with something that is no C++ exception: there is no type to ask it for.
  const M* const m = current_m();
  const G* const g = m != nullptr ? static_cast<G*>(m->curg) : nullptr;
  const bool goexiting = g != nullptr && g->goexiting;
  const std::type_info* const type = goexiting ? nullptr : abi::__cxa_current_exception_type();
  const int self = os::thread_id();
  if (goexiting) {
    v.fatal = "goexit was stopped by a noexcept function";
  } else if (type == nullptr) {
    v.fatal = "terminate called without an exception";
  } else if (asking_tid.load() == self) {
    v.fatal = "terminate called while an exception was asked what it is";
  } else {
    void* const object = current_exception_object();
    count = find_throw(object, pcs);  // before it is thrown once more, to be asked
    asking_tid.store(self);
    ask_exception(v, *type, object);
    d.by_exception = true;
  }
  if (may_report()) {  // else another thread's death is being told
    shown = v;
    if (v.fault != nullptr) {
      d.by_fault = v.fault->signal_number() != SIGFPE;
      d.address = reinterpret_cast<std::uintptr_t>(v.fault->address());
    }
    if (v.text.data() == v.number) shown.text = {shown.number, v.text.size()};
    std::memcpy(shown_pcs, pcs, count * sizeof pcs[0]);
    d.recorded = {shown_pcs, count};
  }
  die(d);
}

}  // namespace

void install_terminate_handler() noexcept {
  const std::terminate_handler before = std::set_terminate(on_terminate);
  if (before != __gnu_cxx::__verbose_terminate_handler && before != std::abort)
    remember_terminate_handler(before);
}

}  // namespace gander::crash
