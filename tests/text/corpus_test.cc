#include "text/corpus.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "expect_error.h"
#include "temporary_directory.h"

namespace atento {
namespace {

class CorpusTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) {
    // A new file each time, and not WriteFileAtomically: neither waits for the disk.
    std::filesystem::remove(directory_.File(name));
    std::ofstream(directory_.File(name), std::ios::binary) << bytes;
    return directory_.File(name);
  }
  Corpus ReadTwo(const std::string& source, const std::string& target, CorpusOptions options = {}) {
    return ReadParallel({Write("s", source), Write("t", target)}, options);
  }
  Corpus ReadTsv(const std::string& bytes, CorpusOptions options = {}) {
    return ReadParallel({Write("x.tsv", bytes), ""}, options);
  }

  TemporaryDirectory directory_;
};

std::string Show(const Corpus& corpus) {
  std::string shown;
  for (const TextPair& pair : corpus.pairs) {
    shown += std::to_string(pair.line) + ":" + pair.source + "|" + pair.target + " ";
  }
  return shown;
}

std::string Gzip(const std::string& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST_F(CorpusTest, TwoFiles) {
  Corpus corpus = ReadTwo("a b\r\nc\nd", "x\ny z\r\nw\n");
  EXPECT_EQ(Show(corpus), "1:a b|x 2:c|y z 3:d|w ");
  EXPECT_EQ(corpus.report.lines, 3);
  EXPECT_EQ(corpus.report.repaired, 0);
  EXPECT_EQ(corpus.report.skipped_empty, 0);
}

TEST_F(CorpusTest, TsvIgnoresFurtherColumns) {
  EXPECT_EQ(Show(ReadTsv("a\tx\nb c\ty\t3\t\nd\tz\r\n")), "1:a|x 2:b c|y 3:d|z ");
}

TEST_F(CorpusTest, TsvNeedsTwoColumns) {
  EXPECT_ERROR(ReadTsv("a\tx\nb x\n"), ErrorKind::kData, "x.tsv:2:", "one column");
}

TEST_F(CorpusTest, GzipGivesTheSame) {
  Corpus plain = ReadTwo("a\nb\n", "x\ny\n");
  Corpus packed = ReadTwo(Gzip("a\nb\n"), Gzip("x\ny\n"));
  EXPECT_EQ(Show(packed), Show(plain));
  EXPECT_EQ(packed.hash, plain.hash);
  EXPECT_EQ(packed.bytes, plain.bytes);
}

TEST_F(CorpusTest, DamagedGzipIsAnError) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i * 7919 % 3001) + "\tx\n";
  std::string packed = Gzip(text);
  EXPECT_ERROR(ReadTsv(packed.substr(0, packed.size() / 2)), ErrorKind::kIo, "x.tsv");
}

TEST_F(CorpusTest, EmptySidesAreSkippedAndCounted) {
  Corpus corpus = ReadTwo("a\n\n \t\nd\n", "x\ny\nz\n\n");
  EXPECT_EQ(Show(corpus), "1:a|x ");
  EXPECT_EQ(corpus.report.lines, 4);
  EXPECT_EQ(corpus.report.skipped_empty, 3);
  EXPECT_EQ(corpus.report.first_skipped_line, 2);
  EXPECT_EQ(Show(ReadTsv("a\tx\n\n\ty\nb\t\nc\tz\n")), "1:a|x 5:c|z ");
}

TEST_F(CorpusTest, EmptySidesAreKeptForScoring) {
  CorpusOptions options;
  options.keep_empty = true;
  EXPECT_EQ(Show(ReadTwo("a\n\n", "\ny\n", options)), "1:a| 2:|y ");
  EXPECT_EQ(Show(ReadTsv("\nb\t\n", options)), "1:| 2:b| ");
}

TEST_F(CorpusTest, NothingLeftIsAnError) {
  EXPECT_ERROR(ReadTwo("", ""), ErrorKind::kData, "no lines");
  EXPECT_ERROR(ReadTsv(""), ErrorKind::kData, "x.tsv", "no lines");
  EXPECT_ERROR(ReadTsv("a\t\n\tb\n"), ErrorKind::kData, "x.tsv", "2 pairs");
  EXPECT_ERROR(ReadParallel({directory_.File("none"), ""}, {}), ErrorKind::kNotFound, "none");
  EXPECT_ERROR(ReadParallel({"-", "-"}, {}), ErrorKind::kUsage, "standard input");
}

TEST_F(CorpusTest, UnequalLineCountsNameBothFiles) {
  EXPECT_ERROR(ReadTwo("a\nb\nc\nd\n", "x\ny\n"), ErrorKind::kData, "/s has 4", "/t has 2");
  EXPECT_ERROR(ReadTwo("a\n", "x\ny\nz\n"), ErrorKind::kData, "/s has 1", "/t has 3");
  EXPECT_ERROR(ReadTwo("", "x\n"), ErrorKind::kData, "/s has 0", "/t has 1");
}

TEST_F(CorpusTest, FaultyTextIsReplacedAndReported) {
  Corpus corpus = ReadTwo("a\nb\n\xff\nd\n", std::string("x\ny\0\xc3\nz\xe2\x82\nw\n", 12));
  EXPECT_EQ(Show(corpus), "1:a|x 2:b|y\ufffd\ufffd 3:\ufffd|z\ufffd 4:d|w ");
  EXPECT_EQ(corpus.report.repaired, 2);
  EXPECT_EQ(corpus.report.first_repaired, directory_.File("t") + ":2:2");
}

TEST_F(CorpusTest, StrictRefusesFaultyText) {
  CorpusOptions options;
  options.strict = true;
  EXPECT_ERROR(ReadTwo("a\nbc\xff\n", "x\ny\n", options), ErrorKind::kData, "/s:2:3:", "UTF-8");
  EXPECT_ERROR(ReadTsv(std::string("a\tb\0\n", 5), options), ErrorKind::kData, "x.tsv:1:4:", "NUL");
  EXPECT_EQ(Show(ReadTsv("é\t한\n", options)), "1:é|한 ");
}

TEST_F(CorpusTest, ByteOrderMarkIsDropped) {
  EXPECT_EQ(Show(ReadTwo("\xef\xbb\xbf"
                         "a\n",
                         "\xef\xbb\xbfx\n")),
            "1:a|x ");
}

TEST_F(CorpusTest, BytesAreCountedWithTheByteOrderMark) {
  const Corpus corpus = ReadTwo(
      "\xef\xbb\xbf"
      "a\xff\n",
      "x\n");
  EXPECT_TRUE(corpus.report.first_repaired.ends_with(":1:5")) << corpus.report.first_repaired;
}

TEST_F(CorpusTest, HashFollowsTheText) {
  Corpus corpus = ReadTwo("a\nb\n", "x\ny\n");
  EXPECT_EQ(ReadTwo("a\r\nb", "x\ny\n").hash, corpus.hash);
  EXPECT_EQ(ReadTwo("a\r\nb", "x\ny\n").bytes, corpus.bytes);
  std::set<uint64_t> hashes = {corpus.hash};
  for (const auto& [source, target] :
       std::vector<std::pair<std::string, std::string>>{{"x\ny\n", "a\nb\n"},
                                                        {"b\na\n", "x\ny\n"},
                                                        {"a\nb\n", "x\nz\n"},
                                                        {"a\nb\n\n", "x\ny\n\n"},
                                                        {"a\nb \n", "x\ny\n"}}) {
    EXPECT_TRUE(hashes.insert(ReadTwo(source, target).hash).second) << source << target;
  }
}

TEST_F(CorpusTest, EveryFlippedByteIsSurvived) {
  const std::string bytes = "é a\tx y\n한\tz\n\tw\n";
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; value += 5) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      try {
        for (const TextPair& pair : ReadTsv(damaged).pairs) {
          EXPECT_EQ(FindInvalidUtf8(pair.source + pair.target), std::string::npos);
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
      }
    }
  }
}

TEST_F(CorpusTest, ReportsAreLogged) {
  testing::internal::CaptureStderr();
  LogCorpusReport(ReadTwo("a\n\nb\xff\n", "x\ny\nz\n").report);
  std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("skipped 1 of 3"), std::string::npos) << log;
  EXPECT_NE(log.find("/s:3:2"), std::string::npos) << log;
  testing::internal::CaptureStderr();
  LogCorpusReport(ReadTwo("a\n", "x\n").report);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(CorpusTest, FeatureVectorsAreNoText) {
  // The low byte of the size may end a line.
  for (const char low : {'h', '\n'}) {
    const std::string vectors =
        low + std::string("\1\0\0\0\0\0\0{\"a\":", 13) + std::string(300, ' ') + "}";
    EXPECT_ERROR(ReadTsv(vectors), ErrorKind::kData, "is a safetensors file");
    EXPECT_ERROR(ReadTwo(vectors, "x\n"), ErrorKind::kData, "--source-kind features");
  }
  EXPECT_EQ(ReadTsv(std::string("{\"a\":\0}\tx\n{\ty\n", 14)).pairs.size(), 2u);
}

TEST(CleanLineTest, NamesTheByte) {
  std::string line = "good";
  EXPECT_EQ(CleanLine(&line, "f", 1, true), 0);
  EXPECT_EQ(line, "good");
  line = "bad\xf0\x9f";
  EXPECT_ERROR(CleanLine(&line, "f", 7, true), ErrorKind::kData, "f:7:4:");
  EXPECT_EQ(CleanLine(&line, "f", 7, false), 4);
  EXPECT_EQ(line, "bad\ufffd");
}

std::vector<TextPair> Numbered(int count) {
  std::vector<TextPair> pairs;
  for (int i = 1; i <= count; ++i) pairs.push_back({std::to_string(i), "x", i});
  return pairs;
}

std::vector<int64_t> Lines(const std::vector<TextPair>& pairs) {
  std::vector<int64_t> lines;
  for (const TextPair& pair : pairs) lines.push_back(pair.line);
  return lines;
}

TEST(SplitHeldOutTest, TakesOnePercentWithinBounds) {
  for (auto [count, expected] : std::vector<std::pair<int, size_t>>{
           {2, 1}, {99, 1}, {100, 1}, {250, 2}, {10000, 100}, {200000, 1000}}) {
    HeldOutSplit split = SplitHeldOut(Numbered(count), 1);
    EXPECT_EQ(split.held_out.size(), expected);
    EXPECT_EQ(split.train.size() + expected, static_cast<size_t>(count));
  }
  EXPECT_ERROR(SplitHeldOut(Numbered(1), 1), ErrorKind::kData, "--dev");
  EXPECT_ERROR(SplitHeldOut({}, 1), ErrorKind::kData, "--dev");
}

TEST(SplitHeldOutTest, PartsAreDisjointCompleteAndInOrder) {
  HeldOutSplit split = SplitHeldOut(Numbered(5000), 3);
  std::vector<int64_t> train = Lines(split.train), held_out = Lines(split.held_out);
  EXPECT_TRUE(std::is_sorted(train.begin(), train.end()));
  EXPECT_TRUE(std::is_sorted(held_out.begin(), held_out.end()));
  std::set<int64_t> all(train.begin(), train.end());
  all.insert(held_out.begin(), held_out.end());
  EXPECT_EQ(all.size(), 5000u);
  // Drawn from all over the corpus, not from one end.
  EXPECT_LT(held_out.front(), 1000);
  EXPECT_GT(held_out.back(), 4000);
}

TEST(SplitHeldOutTest, PairsOfASourceStayTogetherIfAsked) {
  std::vector<TextPair> pairs;
  for (int64_t line = 1; line <= 1000; ++line) {
    pairs.push_back({std::to_string(line % 250), std::to_string(line), line});
  }
  const HeldOutSplit split = SplitHeldOutSources(pairs, 1);
  EXPECT_EQ(split.held_out.size(), 2u * 4u);  // of 250 sources
  EXPECT_EQ(split.train.size(), 1000u - 8u);
  std::set<std::string> held_out;
  for (const TextPair& pair : split.held_out) held_out.insert(pair.source);
  EXPECT_EQ(held_out.size(), 2u);
  for (const TextPair& pair : split.train) EXPECT_FALSE(held_out.contains(pair.source));
  const std::vector<int64_t> train = Lines(split.train);
  EXPECT_TRUE(std::is_sorted(train.begin(), train.end()));
  EXPECT_ERROR(SplitHeldOutSources({{"a", "x", 1}, {"a", "y", 2}}, 1), ErrorKind::kData, "--dev");
}

TEST(SplitHeldOutTest, FollowsTheSeedAlone) {
  auto held_out = [](uint64_t seed) { return Lines(SplitHeldOut(Numbered(1000), seed).held_out); };
  EXPECT_EQ(held_out(1), held_out(1));
  EXPECT_NE(held_out(1), held_out(2));
}

}  // namespace
}  // namespace atento
