#include "serve/batcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <utility>

#include "search/search_threads.h"
#include "search/translate.h"
#include "serve/tiny_served.h"

namespace atento {
namespace {

using Outcome = std::pair<std::vector<Translation>, std::exception_ptr>;

class BatcherTest : public testing::Test {
 protected:
  TranslationJob Job(std::vector<std::string> sentences, int beam = 2) {
    TranslationJob job;
    job.model = served_.model.get();
    job.search.beam = beam;
    job.tokens.assign(sentences.size(), 3);
    job.sentences = std::move(sentences);
    return job;
  }

  static std::future<Outcome> Submit(Batcher& batcher, TranslationJob job) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    job.done = [promise](std::vector<Translation> translations, std::exception_ptr error) {
      promise->set_value({std::move(translations), error});
    };
    EXPECT_TRUE(batcher.Submit(std::move(job)));
    return promise->get_future();
  }

  // What the translations should be: each sentence by itself.
  std::string Alone(const std::string& sentence, int beam = 2) {
    const Model* const models[] = {served_.model.get()};
    const std::string lines[] = {sentence};
    SearchThreads threads(1);
    TranslateOptions options;
    options.search.beam = beam;
    return TranslateLines(models, lines, options, threads)[0].hypotheses[0].text;
  }

  const ServedModel served_ = TinyServed("tiny");
  Metrics metrics_;
};

TEST_F(BatcherTest, AnswersInTheOrderOfTheSentences) {
  BatchingOptions options;
  options.batch_sentences = 3;  // so that a job has several batches
  options.threads = 2;
  Batcher batcher(options, &metrics_);
  const std::vector<std::string> sentences = {"a", "b c", "d e f", "g", "a b c d", "e", "f g a"};
  const auto [translations, error] = Submit(batcher, Job(sentences)).get();
  ASSERT_FALSE(error);
  ASSERT_EQ(translations.size(), sentences.size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    EXPECT_EQ(translations[i].hypotheses.at(0).text, Alone(sentences[i])) << sentences[i];
  }
  EXPECT_GE(metrics_.Value(Metric::kBatches), 3);
  EXPECT_EQ(metrics_.Value(Metric::kSentences), 7);
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 0);
}

// The batch is full only with the sentences of both: they have to be taken together.
TEST_F(BatcherTest, JoinsJobsOfEqualOptions) {
  BatchingOptions options = Stalled();
  options.batch_sentences = 4;
  Batcher batcher(options, &metrics_);
  auto first = Submit(batcher, Job({"a b", "c"}));
  auto second = Submit(batcher, Job({"d", "e f"}));
  EXPECT_EQ(first.get().first.at(1).hypotheses.at(0).text, Alone("c"));
  EXPECT_EQ(second.get().first.at(1).hypotheses.at(0).text, Alone("e f"));
  EXPECT_EQ(metrics_.Value(Metric::kBatches), 1);
}

// A solo job that waits until it may end.
struct Gate {
  std::promise<void> begun, open;

  SoloJob Job() {
    SoloJob job;
    job.run = [this](SearchThreads&) {
      begun.set_value();
      open.get_future().wait();
    };
    return job;
  }
};

TEST_F(BatcherTest, SoloJobsLeaveAThreadToBatches) {
  BatchingOptions options;
  options.threads = 2;
  Gate first, second;
  Batcher batcher(options, &metrics_);
  ASSERT_TRUE(batcher.Submit(first.Job()));
  ASSERT_TRUE(batcher.Submit(second.Job()));
  first.begun.get_future().wait();
  EXPECT_EQ(Submit(batcher, Job({"a b"})).get().first.at(0).hypotheses.at(0).text, Alone("a b"));
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 1) << "the second waits for the first";
  first.open.set_value();
  second.begun.get_future().wait();
  second.open.set_value();
}

TEST_F(BatcherTest, SoloJobsTakeTurnsWithBatches) {
  BatchingOptions options;
  options.threads = 1;
  options.batch_window_ms = 0;
  Gate gate;
  std::promise<double> batches;
  Batcher batcher(options, &metrics_);
  ASSERT_TRUE(batcher.Submit(gate.Job()));
  gate.begun.get_future().wait();
  SoloJob next;
  next.run = [&](SearchThreads&) { batches.set_value(metrics_.Value(Metric::kBatches)); };
  ASSERT_TRUE(batcher.Submit(std::move(next)));
  auto translated = Submit(batcher, Job({"a b"}));
  gate.open.set_value();
  EXPECT_EQ(batches.get_future().get(), 1) << "the batch came in between, though it came later";
  translated.wait();
}

TEST_F(BatcherTest, SoloJobsFillTheQueue) {
  BatchingOptions options;
  options.threads = 1;
  options.queue_sentences = 1;
  Gate gate, dropped;
  Batcher batcher(options, &metrics_);
  ASSERT_TRUE(batcher.Submit(gate.Job()));
  gate.begun.get_future().wait();
  SoloJob cancelled = dropped.Job();
  auto left = std::make_shared<std::atomic<bool>>(false);
  cancelled.cancelled = left;
  ASSERT_TRUE(batcher.Submit(std::move(cancelled)));
  EXPECT_FALSE(batcher.Submit(gate.Job()));
  TranslationJob refused = Job({"a"});
  refused.done = [](const std::vector<Translation>&, const std::exception_ptr&) { FAIL(); };
  EXPECT_FALSE(batcher.Submit(std::move(refused)));
  left->store(true);
  auto translated = Submit(batcher, Job({"a"}));
  EXPECT_EQ(metrics_.Value(Metric::kCancelledSentences), 1);
  gate.open.set_value();
  EXPECT_FALSE(translated.get().second);
}

TEST_F(BatcherTest, KeepsJobsOfOtherOptionsApart) {
  BatchingOptions options;
  options.threads = 1;
  options.batch_window_ms = 20;
  Batcher batcher(options, &metrics_);
  auto narrow = Submit(batcher, Job({"a b c", "d e"}, 1));
  auto wide = Submit(batcher, Job({"a b c", "d e"}, 4));
  EXPECT_EQ(narrow.get().first.at(0).hypotheses.at(0).text, Alone("a b c", 1));
  EXPECT_EQ(wide.get().first.at(0).hypotheses.at(0).text, Alone("a b c", 4));
  EXPECT_EQ(metrics_.Value(Metric::kBatches), 2);
}

TEST_F(BatcherTest, TokensFillABatchToo) {
  BatchingOptions options = Stalled();
  options.batch_tokens = 6;
  Batcher batcher(options, &metrics_);
  // Two sentences of three tokens each; the third waits for one more.
  auto two = Submit(batcher, Job({"a b c", "d e f"}));
  EXPECT_EQ(two.get().first.size(), 2u);
  EXPECT_EQ(metrics_.Value(Metric::kSourceTokens), 6);
}

TEST_F(BatcherTest, AWindowEndsTheWaiting) {
  BatchingOptions options = Stalled();
  options.batch_window_ms = 1;
  Batcher batcher(options, &metrics_);
  EXPECT_EQ(Submit(batcher, Job({"a"})).get().first.size(), 1u);
}

TEST_F(BatcherTest, AFullQueueTakesNoMore) {
  BatchingOptions options = Stalled();
  options.queue_sentences = 3;
  Batcher batcher(options, &metrics_);
  // An empty queue takes a job of any size: it could never be translated otherwise.
  auto large = Submit(batcher, Job({"a", "b", "c", "d"}));
  TranslationJob job = Job({"e"});
  job.done = [](std::vector<Translation>, std::exception_ptr) { ADD_FAILURE() << "was refused"; };
  EXPECT_FALSE(batcher.Submit(job));
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 4);
}

TEST_F(BatcherTest, CancelledJobsMakeRoom) {
  BatchingOptions options = Stalled();
  options.queue_sentences = 2;
  Batcher batcher(options, &metrics_);
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  TranslationJob job = Job({"a", "b"});
  job.cancelled = cancelled;
  job.done = [](std::vector<Translation>, std::exception_ptr) { ADD_FAILURE() << "was cancelled"; };
  ASSERT_TRUE(batcher.Submit(job));
  EXPECT_FALSE(batcher.Submit(job));
  cancelled->store(true);
  Submit(batcher, Job({"c"}));
  EXPECT_EQ(metrics_.Value(Metric::kCancelledSentences), 2);
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 1);
}

TEST_F(BatcherTest, AFailureReachesEveryJobOfTheBatch) {
  BatchingOptions options;
  options.threads = 1;
  Batcher batcher(options, &metrics_);
  TranslationJob job = Job({"a"});
  job.search.n_best = 5;  // above the beam
  EXPECT_TRUE(Submit(batcher, job).get().second);
  EXPECT_EQ(Submit(batcher, Job({"a"})).get().first.size(), 1u) << "the thread goes on";
}

// A long job and a short one: batches of one sentence, in turn.
TEST_F(BatcherTest, ALongJobDoesNotHoldUpAShortOne) {
  BatchingOptions options;
  options.batch_sentences = 1;
  options.threads = 1;
  options.batch_window_ms = 0;
  Batcher batcher(options, &metrics_);
  auto finished = std::make_shared<std::atomic<int>>(0);
  std::promise<int> long_place, short_place;
  TranslationJob long_job = Job(std::vector<std::string>(200, "a b c d"));
  long_job.done = [&, finished](std::vector<Translation>, std::exception_ptr) {
    long_place.set_value((*finished)++);
  };
  TranslationJob short_job = Job({"a"});
  short_job.done = [&, finished](std::vector<Translation>, std::exception_ptr) {
    short_place.set_value((*finished)++);
  };
  ASSERT_TRUE(batcher.Submit(std::move(long_job)));
  ASSERT_TRUE(batcher.Submit(std::move(short_job)));
  EXPECT_EQ(short_place.get_future().get(), 0);
  EXPECT_EQ(long_place.get_future().get(), 1);
}

}  // namespace
}  // namespace atento
