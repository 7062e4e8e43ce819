// SPDX-License-Identifier: Apache-2.0
#include "view/address.h"

#include <gtest/gtest.h>

namespace gander::tool::testing {
namespace {

std::string parsed(std::string_view text) {
  const std::optional<address> found = parse_address(text);
  return found ? printed(*found) : "none";
}

TEST(address, parsed) {
  EXPECT_EQ(printed(address{}), "127.0.0.1:0");
  EXPECT_EQ(parsed("8080"), "127.0.0.1:8080");
  EXPECT_EQ(parsed(":8080"), "127.0.0.1:8080");
  EXPECT_EQ(parsed("0"), "127.0.0.1:0");
  EXPECT_EQ(parsed("65535"), "127.0.0.1:65535");
  EXPECT_EQ(parsed("localhost:80"), "localhost:80");
  EXPECT_EQ(parsed("0.0.0.0:80"), "0.0.0.0:80");
  EXPECT_EQ(parsed("[::1]:80"), "[::1]:80");
  EXPECT_EQ(parsed("host-1.example:0"), "host-1.example:0");
}

TEST(address, refused) {
  for (const char* const text : {"",           ":",
                                 "65536",      "-1",
                                 "+1",         "1x",
                                 " 1",         "host",
                                 "host:",      "host:x",
                                 "host:65536", "::1",
                                 "::1:80",     "[::1]",
                                 "[::1]80",    "[::1]:",
                                 "[host]:80",  "[]:80",
                                 "a b:80",     "http://x:80",
                                 "x/y:80",     "99999999999999999999",
                                 "trace.out",  "1 "})
    EXPECT_EQ(parsed(text), "none") << text;
}

TEST(address, host_header) {
  EXPECT_EQ(host_of("127.0.0.1:80"), "127.0.0.1");
  EXPECT_EQ(host_of("LocalHost"), "localhost");
  EXPECT_EQ(host_of("[::1]:80"), "::1");
  EXPECT_EQ(host_of("[::1"), "::1");
  EXPECT_EQ(host_of(""), "");
}

}  // namespace
}  // namespace gander::tool::testing
