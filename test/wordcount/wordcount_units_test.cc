// SPDX-License-Identifier: Apache-2.0

// The pure parts of examples/wordcount: splitter, keys, map, packer, fold.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "wordcount/fold.h"
#include "wordcount/packer.h"
#include "wordcount/word_key.h"
#include "wordcount/word_map.h"
#include "wordcount/words.h"

namespace {

using namespace std::string_literals;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  wordcount::for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

using counts = std::map<std::string, std::uint64_t>;

// Each word once, or the test fails.
counts content(const std::vector<wordcount::entry>& entries) {
  counts all;
  for (const wordcount::entry& e : entries)
    EXPECT_TRUE(all.emplace(e.word(), e.count).second) << e.word() << " is there twice";
  return all;
}

std::vector<wordcount::entry> entries_of(wordcount::word_map& map,
                                         wordcount::hash_range range = {}) {
  std::vector<wordcount::entry> entries;
  map.for_each(range, [&](const wordcount::entry& e) { entries.push_back(e); });
  return entries;
}

// A key that no text has, for hashes that are hard to come by.
wordcount::word_key key_of(std::uint64_t hash, std::uint64_t number) {
  return {(hash & ~std::uint64_t{0xff}) | 16, {number, 0}};
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

TEST(WordKeyTest, HoldsShortWordsWholeAndComparesAllOfLongOnes) {
  const std::string text = "a\0 aa 123456789012345 1234567890123456 12345678901234567"s;
  for (std::size_t from = 0; from < text.size(); ++from)
    for (std::size_t size = 1; from + size <= text.size(); ++size) {
      const std::string_view word = std::string_view(text).substr(from, size);
      const auto key = wordcount::make_key(word, text.data() + text.size());
      const std::string copy(word);  // here nothing may be read behind the word
      EXPECT_EQ(key.word(), word);
      EXPECT_EQ(key, wordcount::make_key(copy)) << word;
      EXPECT_NE(key, wordcount::make_key(copy + '\0'));
      EXPECT_NE(key, wordcount::make_key("x" + copy.substr(1) + "y"));
    }
}

TEST(WordMapTest, CountsAsStdMapDoes) {
  // Lengths around those at which the hash changes its way, and enough words to grow many times.
  counts expected;
  std::string text;
  std::uint64_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::string word = std::to_string((state >> 40) % 30'000);
    word.append(static_cast<std::size_t>((state >> 33) % 20), 'x');
    ++expected[word];
    text += word + ' ';
  }
  wordcount::word_map map;
  map.add_all(text);
  EXPECT_EQ(content(entries_of(map)), expected);
  EXPECT_EQ(map.size(), expected.size());
}

TEST(WordMapTest, KeepsWordsLongerThanAChunkOfTheArena) {
  const std::string longest(3'000'000, 'w'), half(100'000, 'h');
  wordcount::word_map map;
  map.add_all("short " + longest + " " + half + " short " + longest);
  EXPECT_EQ(content(entries_of(map)), (counts{{"short", 2}, {longest, 2}, {half, 1}}));
}

TEST(WordMapTest, GrowsWhereWordsWrapFromTheEndToTheBegin) {
  // All homes are the last few slots or the first few, so the words behind the end lie at the begin
  // and push those from there on.
  wordcount::word_map map;
  std::vector<wordcount::word_key> keys;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const std::uint64_t from_end = i % 50 << 52;
    keys.push_back(key_of(i % 3 == 0 ? from_end : ~from_end, i));
    map.add(keys.back());
    for (std::size_t k = 0; k < keys.size(); k += 1 + keys.size() / 16)
      ASSERT_NE(map.find(keys[k]), nullptr) << "of " << keys.size() << " the one number " << k;
  }
  for (const auto& key : keys) {
    ASSERT_NE(map.find(key), nullptr);
    EXPECT_EQ(map.find(key)->count, 1u);
  }
  EXPECT_EQ(map.find(key_of(0, 3000)), nullptr);
  EXPECT_EQ(entries_of(map).size(), keys.size());
}

TEST(WordMapTest, RangesShareOutAllWords) {
  wordcount::word_map map;
  counts expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string word = std::to_string(i);
    map.add_all(word);
    expected[word] = 1;
  }
  for (std::uint64_t i = 0; i < 20; ++i) {  // behind the end, so at the begin
    map.add(key_of(~std::uint64_t{0}, i));
    expected[std::string(key_of(~std::uint64_t{0}, i).word())] = 1;
  }
  for (const std::size_t parts : {1u, 2u, 3u, 16u, 1000u}) {
    std::vector<wordcount::entry> all;
    for (std::size_t i = 0; i < parts; ++i)
      for (const auto& e : entries_of(map, wordcount::part_of_hashes(i, parts))) all.push_back(e);
    EXPECT_EQ(content(all), expected) << parts << " parts";
  }
}

TEST(FoldTest, AddsUpWhatMapsHaveInCommon) {
  for (const std::size_t parts : {1u, 2u, 7u}) {
    wordcount::word_map a, b, c;
    a.add_all("x y x in_a_alone");
    b.add_all("y z a_word_longer_than_a_key");
    c.add_all("z x y a_word_longer_than_a_key in_c_alone");
    std::vector<wordcount::word_map*> maps = {&a, &b, &c};
    std::vector<wordcount::entry> all;
    std::uint64_t distinct = 0;
    for (std::size_t i = 0; i < parts; ++i) {
      const auto part = wordcount::fold(maps, wordcount::part_of_hashes(i, parts), 100);
      all.insert(all.end(), part.top.begin(), part.top.end());
      distinct += part.distinct;
    }
    EXPECT_EQ(content(all), (counts{{"x", 3},
                                    {"y", 3},
                                    {"z", 2},
                                    {"a_word_longer_than_a_key", 2},
                                    {"in_a_alone", 1},
                                    {"in_c_alone", 1}}));
    EXPECT_EQ(distinct, 6u);
  }
}

TEST(FoldTest, OrdersByCountThenBytewise) {
  const auto top = [](std::size_t n) {
    wordcount::word_map map;
    map.add_all("b a c a \xff b d a");
    std::vector<wordcount::word_map*> maps = {&map};
    auto result = wordcount::fold(maps, {}, n);
    EXPECT_EQ(result.distinct, 5u);
    wordcount::keep_top(result.top, n);
    std::string words;
    for (const auto& e : result.top) words += std::string(e.word()) + std::to_string(e.count) + " ";
    return words;
  };
  EXPECT_EQ(top(4), "a3 b2 c1 d1 ");
  EXPECT_EQ(top(1), "a3 ");
  EXPECT_EQ(top(0), "");
  EXPECT_EQ(top(100),
            "a3 b2 c1 d1 \xff"
            "1 ");
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
