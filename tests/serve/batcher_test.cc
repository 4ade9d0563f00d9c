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

using Outcome = std::pair<std::vector<SentenceResult>, std::exception_ptr>;

class BatcherTest : public testing::Test {
 protected:
  TranslationJob Job(std::vector<std::string> sentences, int beam = 2) {
    TranslationJob job;
    job.model = served_.model.get();
    job.search.beam = beam;
    job.sentences = std::move(sentences);
    return job;
  }

  static std::future<Outcome> Submit(Batcher& batcher, TranslationJob job) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    job.done = [promise](std::vector<SentenceResult> results, std::exception_ptr error) {
      promise->set_value({std::move(results), error});
    };
    EXPECT_TRUE(batcher.Submit(std::move(job)));
    return promise->get_future();
  }

  static TranslationJob WithDone(TranslationJob job) {
    job.done = [](std::vector<SentenceResult>, std::exception_ptr) {};
    return job;
  }

  // False if it does not come to that in ten seconds.
  bool Becomes(Metric metric, double value) { return atento::Becomes(metrics_, metric, value); }

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

TEST_F(BatcherTest, ShortlistsAreTheirJobsOwn) {
  const Model& model = *served_.model;
  const int z = model.target_tokenizer.Encode("z").ids[0];
  const std::vector<std::vector<int>> none(static_cast<size_t>(model.config().source_vocabulary));
  const Shortlist shortlist(ShortlistVocabularies::Of(model), {z}, none);
  BatchingOptions options;
  options.threads = 1;
  Batcher batcher(options, &metrics_);
  const std::vector<std::string> sentences = {"a b c", "d e f g"};
  TranslationJob with = Job(sentences);
  with.shortlist = &shortlist;
  auto first = Submit(batcher, std::move(with)), second = Submit(batcher, Job(sentences));
  const auto results = first.get().first;
  ASSERT_EQ(results.size(), 2u);
  for (const SentenceResult& result : results) {
    // Not u, which <unk> has.
    EXPECT_EQ(result.translation.hypotheses[0].text.find_first_of("tvwxy"), std::string::npos);
  }
  const auto others = second.get().first;
  for (size_t i : {0, 1}) {
    EXPECT_EQ(others[i].translation.hypotheses[0].text, Alone(sentences[i]));
  }
}

TEST_F(BatcherTest, AnswersInTheOrderOfTheSentences) {
  BatchingOptions options;
  options.batch_sentences = 3;  // so that a job has several batches
  options.threads = 2;
  Batcher batcher(options, &metrics_);
  const std::vector<std::string> sentences = {"a", "b c", "d e f", "g", "a b c d", "e", "f g a"};
  const auto [results, error] = Submit(batcher, Job(sentences)).get();
  ASSERT_FALSE(error);
  ASSERT_EQ(results.size(), sentences.size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    EXPECT_EQ(results[i].translation.hypotheses.at(0).text, Alone(sentences[i])) << sentences[i];
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
  EXPECT_EQ(first.get().first.at(1).translation.hypotheses.at(0).text, Alone("c"));
  EXPECT_EQ(second.get().first.at(1).translation.hypotheses.at(0).text, Alone("e f"));
  EXPECT_EQ(metrics_.Value(Metric::kBatches), 1);
}

// A solo job that waits until it may end.
struct Gate {
  std::promise<void> begun, open;

  SoloJob Job() {
    SoloJob job;
    job.run = [this](SearchThreads&, const StopSearch&) {
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
  EXPECT_EQ(Submit(batcher, Job({"a b"})).get().first.at(0).translation.hypotheses.at(0).text,
            Alone("a b"));
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
  next.run = [&](SearchThreads&, const StopSearch&) {
    batches.set_value(metrics_.Value(Metric::kBatches));
  };
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
  refused.done = [](const std::vector<SentenceResult>&, const std::exception_ptr&) { FAIL(); };
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
  EXPECT_EQ(narrow.get().first.at(0).translation.hypotheses.at(0).text, Alone("a b c", 1));
  EXPECT_EQ(wide.get().first.at(0).translation.hypotheses.at(0).text, Alone("a b c", 4));
  EXPECT_EQ(metrics_.Value(Metric::kBatches), 2);
}

TEST_F(BatcherTest, TokensFillABatchToo) {
  BatchingOptions options = Stalled();
  options.batch_tokens = 6;
  Batcher batcher(options, &metrics_);
  // The first two have as many; the third waits for more.
  auto three = Submit(batcher, Job({"a b c", "d e f", "g"}));
  ASSERT_TRUE(Becomes(Metric::kBatches, 1));
  EXPECT_EQ(metrics_.Value(Metric::kSourceTokens), 6);
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 1);
  auto more = Submit(batcher, Job({"a b c d e"}));
  EXPECT_EQ(three.get().first.size(), 3u);
  EXPECT_EQ(more.get().first.size(), 1u);
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
  for (int i = 0; i < 3; ++i) Submit(batcher, Job({"a"}));
  TranslationJob job = Job({"e"});
  job.done = [](std::vector<SentenceResult>, std::exception_ptr) {
    ADD_FAILURE() << "was refused";
  };
  EXPECT_FALSE(batcher.Submit(job));
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 3);
}

// A request of many lines took the whole queue, and more, until the last of them was translated.
TEST_F(BatcherTest, ALongJobLeavesRoomToOthers) {
  BatchingOptions options = Stalled();
  options.queue_sentences = 16;
  Batcher batcher(options, &metrics_);
  // Each of them has an eighth.
  for (int i = 0; i < 7; ++i) Submit(batcher, Job(std::vector<std::string>(40, "a")));
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 280);
  Submit(batcher, Job({"a"}));
  Submit(batcher, Job({"a"}));
  EXPECT_FALSE(batcher.Submit(WithDone(Job({"a"}))));
}

TEST_F(BatcherTest, CancelledJobsMakeRoom) {
  BatchingOptions options = Stalled();
  options.queue_sentences = 8;
  Batcher batcher(options, &metrics_);
  for (int i = 0; i < 7; ++i) Submit(batcher, Job({"a"}));
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  TranslationJob job = Job({"a", "b"});
  job.cancelled = cancelled;
  job.done = [](std::vector<SentenceResult>, std::exception_ptr) {
    ADD_FAILURE() << "was cancelled";
  };
  ASSERT_TRUE(batcher.Submit(job));
  EXPECT_FALSE(batcher.Submit(job));
  cancelled->store(true);
  Submit(batcher, Job({"c"}));
  EXPECT_EQ(metrics_.Value(Metric::kCancelledSentences), 2);
  EXPECT_EQ(metrics_.Value(Metric::kQueueSentences), 8);
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
  Gate gate;
  std::atomic<int> finished = 0;
  std::promise<int> long_place, short_place;
  Batcher batcher(options, &metrics_);
  // Until both are in the queue the thread has something else to do.
  ASSERT_TRUE(batcher.Submit(gate.Job()));
  gate.begun.get_future().wait();
  TranslationJob long_job = Job(std::vector<std::string>(200, "a b c d"));
  long_job.done = [&](std::vector<SentenceResult>, std::exception_ptr) {
    long_place.set_value(finished++);
  };
  TranslationJob short_job = Job({"a"});
  short_job.done = [&](std::vector<SentenceResult>, std::exception_ptr) {
    short_place.set_value(finished++);
  };
  ASSERT_TRUE(batcher.Submit(std::move(long_job)));
  ASSERT_TRUE(batcher.Submit(std::move(short_job)));
  gate.open.set_value();
  EXPECT_EQ(short_place.get_future().get(), 0);
  EXPECT_EQ(long_place.get_future().get(), 1);
}

TEST_F(BatcherTest, CountsTheTokensOfASentenceThatIsTooLong) {
  BatchingOptions options;
  options.threads = 1;
  Batcher batcher(options, &metrics_);
  const auto results = Submit(batcher, Job({"a b", "a b c d e f g a b c", " "})).get().first;
  EXPECT_EQ(results.at(0).tokens, 2);
  EXPECT_EQ(results.at(0).read_tokens, 2);
  EXPECT_EQ(results.at(1).tokens, 10);
  EXPECT_EQ(results.at(1).read_tokens, 8);
  EXPECT_EQ(results.at(2).tokens, 0);
  EXPECT_EQ(metrics_.Value(Metric::kTruncatedSentences), 1);
  EXPECT_EQ(metrics_.Value(Metric::kSourceTokens), 10);
}

// ---- batches that nobody waits for ---------------------------------------------------------------

// Searches for a sentence that has no end take seconds; nobody has to wait for that.
class EndlessTest : public BatcherTest {
 protected:
  EndlessTest() {
    options_.threads = 1;
    options_.batch_window_ms = 0;
  }

  TranslationJob Endless(std::shared_ptr<std::atomic<bool>> cancelled = nullptr) {
    TranslationJob job = Job({EndlessSentence()});
    job.model = endless_.model.get();
    job.search.max_length_ratio = kEndlessRatio;
    job.cancelled = std::move(cancelled);
    job.done = [](std::vector<SentenceResult>, std::exception_ptr) {
      ADD_FAILURE() << "was stopped";
    };
    return job;
  }

  const ServedModel endless_ = EndlessServed();
  BatchingOptions options_;
};

TEST_F(EndlessTest, TheEndStopsABatchThatRuns) {
  Batcher batcher(options_, &metrics_);
  ASSERT_TRUE(batcher.Submit(Endless()));
  ASSERT_TRUE(Becomes(Metric::kQueueSentences, 0));
}

TEST_F(EndlessTest, ABatchOfCancelledJobsIsStopped) {
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  Batcher batcher(options_, &metrics_);
  ASSERT_TRUE(batcher.Submit(Endless(cancelled)));
  ASSERT_TRUE(Becomes(Metric::kQueueSentences, 0));
  *cancelled = true;
  EXPECT_EQ(Submit(batcher, Job({"a"})).get().first.size(), 1u) << "the thread goes on";
  EXPECT_EQ(metrics_.Value(Metric::kCancelledSentences), 1);
  EXPECT_EQ(metrics_.Value(Metric::kSentences), 1);
}

TEST_F(EndlessTest, ASoloJobHearsOfIt) {
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  std::promise<bool> before, after;
  std::promise<void> go_on;
  SoloJob job;
  job.cancelled = cancelled;
  job.run = [&](SearchThreads&, const StopSearch& stop) {
    before.set_value(stop());
    go_on.get_future().wait();
    after.set_value(stop());
  };
  Batcher batcher(options_, &metrics_);
  ASSERT_TRUE(batcher.Submit(job));
  EXPECT_FALSE(before.get_future().get());
  *cancelled = true;
  go_on.set_value();
  EXPECT_TRUE(after.get_future().get());
}

}  // namespace
}  // namespace atento
