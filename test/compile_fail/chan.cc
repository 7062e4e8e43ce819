// SPDX-License-Identifier: Apache-2.0
//
// Uses of channels that must not compile, each with the words that the compiler must say. Every
// CASE is compiled on its own by run.cmake; case 0 must compile.
#include <gander/chan.h>
#include <gander/select.h>

#include <memory>

struct immovable {
  immovable() = default;
  immovable(immovable&&) = delete;
};
struct throwing_move {
  throwing_move(throwing_move&&) noexcept(false);
};
template <>
inline constexpr bool gander::enable_inline_move<throwing_move> = true;

void use() {
  auto c = gander::make_chan<int>(1);
  const gander::send_chan<int> out = c;
  const gander::recv_chan<int> in = c;
  auto pointers = gander::make_chan<std::unique_ptr<int>>(1);
  const auto pointer = std::make_unique<int>(1);
#if CASE == 0
  out.send(1);
  (void)in.recv();
  pointers.send(std::make_unique<int>(2));
  gander::select(gander::on_recv(in), gander::on_send(out, 2), gander::on_default());
#elif CASE == 1  // EXPECT: use std::reference_wrapper<T>
  gander::chan<int&> references;
#elif CASE == 2  // EXPECT: use chan<T> without const or volatile
  gander::chan<const int> constants;
#elif CASE == 3  // EXPECT: use std::unique_ptr<T>
  (void)gander::make_chan<immovable>();
#elif CASE == 4  // EXPECT: use std::array
  (void)gander::make_chan<int[3]>();
#elif CASE == 5  // EXPECT: this T cannot be copied
  pointers.send(pointer);
#elif CASE == 6  // EXPECT: declare its move constructor noexcept
  (void)gander::make_chan<throwing_move>();
#elif CASE == 7  // EXPECT: recv
  (void)out.recv();
#elif CASE == 8  // EXPECT: send
  in.send(1);
#elif CASE == 9  // EXPECT: close
  in.close();
#elif CASE == 10  // EXPECT: on_send
  (void)gander::on_send(in, 1);
#elif CASE == 11  // EXPECT: on_recv
  (void)gander::on_recv(out);
#elif CASE == 12  // EXPECT: there can be one on_default() only
  gander::select(gander::on_default(), gander::on_recv(in), gander::on_default());
#elif CASE == 13  // EXPECT: chan
  gander::chan<int> both = out;
#elif CASE == 14  // EXPECT: chan
  gander::chan<int> both = in;
#elif CASE == 15  // EXPECT: on_recv
  (void)gander::on_recv(in, [](int*) {});
#elif CASE == 16  // EXPECT: use std::reference_wrapper<T>
  (void)gander::make_chan<int&>();
#endif
  (void)pointer;
}
