// SPDX-License-Identifier: Apache-2.0

// The pure parts of examples/wordcount: splitter, map, packer, top.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "wordcount/packer.h"
#include "wordcount/report.h"
#include "wordcount/word_map.h"
#include "wordcount/words.h"

namespace {

using namespace std::string_literals;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  wordcount::for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

std::map<std::string, std::uint64_t> content(const wordcount::word_map& map) {
  std::map<std::string, std::uint64_t> all;
  map.for_each([&](const wordcount::entry& e) { all[std::string(e.word())] += e.count; });
  return all;
}

TEST(WordsTest, SplitsAtTheSixSpacesOnly) {
  EXPECT_EQ(words_of(""), std::vector<std::string>{});
  EXPECT_EQ(words_of(" \t\n\v\f\r"), std::vector<std::string>{});
  EXPECT_EQ(words_of("a b\tc\nd\ve\ff\rg"),
            (std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(words_of("  two  words  "), (std::vector<std::string>{"two", "words"}));
  // No-break space and next line are spaces in other locales than C's.
  EXPECT_EQ(words_of("a\xa0"s
                     "b\x85"s
                     "c"),
            std::vector<std::string>{"a\xa0"s
                                     "b\x85"s
                                     "c"});
  EXPECT_EQ(words_of("x\0y z"s), (std::vector<std::string>{"x\0y"s, "z"}));
  for (int c = 0; c < 256; ++c) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    EXPECT_EQ(wordcount::is_space(static_cast<char>(c)), space) << c;
  }
}

TEST(WordsTest, CutsBehindTheLastSpace) {
  EXPECT_EQ(wordcount::whole_words(""), 0u);
  EXPECT_EQ(wordcount::whole_words("piece"), 0u);
  EXPECT_EQ(wordcount::whole_words("whole piece"), 6u);
  EXPECT_EQ(wordcount::whole_words("whole "), 6u);
}

TEST(WordMapTest, CountsAsStdMapDoes) {
  // Lengths around those at which the hash changes its way, and enough words to grow many times.
  std::map<std::string, std::uint64_t> expected;
  std::string text;
  std::uint64_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::string word = std::to_string((state >> 40) % 30'000);
    word.append((state >> 33) % 20, 'x');
    ++expected[word];
    text += word + ' ';
  }
  wordcount::word_map map;
  map.add_all(text);
  EXPECT_EQ(content(map), expected);
  EXPECT_EQ(map.size(), expected.size());
}

TEST(WordMapTest, KeepsWordsLongerThanAChunkOfTheArena) {
  const std::string longest(3'000'000, 'w'), half(100'000, 'h');
  wordcount::word_map map;
  map.add_all("short " + longest + " " + half + " short " + longest);
  EXPECT_EQ(content(map),
            (std::map<std::string, std::uint64_t>{{"short", 2}, {longest, 2}, {half, 1}}));
}

TEST(WordMapTest, MergesWithoutLosingACount) {
  wordcount::word_map a, b, sum;
  a.add_all("x y x");
  b.add_all("y z");
  for (const auto* map : {&a, &b}) map->for_each([&](const wordcount::entry& e) { sum.merge(e); });
  EXPECT_EQ(content(sum), (std::map<std::string, std::uint64_t>{{"x", 2}, {"y", 2}, {"z", 1}}));
}

TEST(TopTest, OrdersByCountThenBytewise) {
  wordcount::word_map map;
  map.add_all("b a c a \xff b d a");
  std::string words;
  auto best = wordcount::top(map, 4);
  wordcount::keep_top(best, 4);
  for (const auto& e : best) words += std::string(e.word()) + std::to_string(e.count) + " ";
  EXPECT_EQ(words, "a3 b2 c1 d1 ");
  EXPECT_TRUE(wordcount::top(map, 0).empty());
  EXPECT_EQ(wordcount::top(map, 100).size(), 5u);
}

class PackerTest : public testing::Test {
 protected:
  PackerTest() {
    char name[] = "/tmp/packer_test_XXXXXX";
    fd_ = ::mkstemp(name);
    path_ = name;
  }
  ~PackerTest() override {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  void write(const std::string& text) {
    ASSERT_EQ(::ftruncate(fd_, 0), 0);
    ASSERT_EQ(::pwrite(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  int fd_ = -1;
  std::string path_;
};

TEST_F(PackerTest, CutsNoWordWhateverTheBlockSize) {
  const std::string text = "one three  fifteen_letters x\0y\n a very_long_word_beyond_blocks end"s;
  write(text);
  for (std::size_t size = 2; size < 80; ++size) {
    std::vector<std::string> words;
    wordcount::packer pack(
        [&](std::string_view block) {
          for (auto& word : words_of(block)) words.push_back(word);
        },
        size);
    ASSERT_EQ(pack.add(path_.c_str(), false), 0);
    ASSERT_EQ(pack.add(path_.c_str(), false), 0);  // the end of the first file ends its last word
    pack.flush();
    std::vector<std::string> expected = words_of(text);
    for (auto& word : words_of(text)) expected.push_back(word);
    EXPECT_EQ(words, expected) << "blocks of " << size;
    EXPECT_EQ(pack.bytes(), 2 * text.size());
  }
}

TEST_F(PackerTest, SharesABlockAmongFiles) {
  write("word");
  std::vector<std::string> blocks;
  wordcount::packer pack([&](std::string_view block) { blocks.emplace_back(block); });
  EXPECT_EQ(pack.add(path_.c_str(), false), 0);
  EXPECT_EQ(pack.add("/nonexistent/file", false), ENOENT);
  EXPECT_EQ(pack.add(path_.c_str(), true), 0);
  pack.flush();
  pack.flush();
  EXPECT_EQ(blocks, std::vector<std::string>{"word\nword\n"});
  EXPECT_EQ(pack.add("/", true), EISDIR);
}

}  // namespace
