#include "search/search_threads.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "atento/error.h"
#include "base/worker_pool.h"
#include "math/gemm.h"

namespace atento {
namespace {

// One call of Run.
struct Job {
  int tasks = 0;
  int next = 0;  // the first task that nobody has begun
  int running = 0;
  const std::function<void(int, SearchArenas&)>* task = nullptr;
  std::exception_ptr error;

  bool begun() const { return next == tasks; }
  bool done() const { return begun() && running == 0; }
};

}  // namespace

struct SearchThreads::Impl {
  std::mutex mutex;
  std::condition_variable offered, finished;
  std::deque<Job*> jobs;  // with tasks to begin
  bool stop = false;
  std::vector<std::thread> threads;
  int product_threads = 1;
  // The first thread is the one that others help: OpenMP keeps helpers for each thread that has ever
  // had some, and lets none of them wait actively once they are more than the cores.
  bool first_waits = false;

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stop = true;
    }
    offered.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  // The job whose next task is this thread's; null: none.
  Job* Offered(bool first) {
    auto fits = [&](const Job* job) { return first || job->tasks > 1 || !first_waits; };
    const auto found = std::find_if(jobs.begin(), jobs.end(), fits);
    return found == jobs.end() ? nullptr : *found;
  }

  void Loop(bool first) {
    SearchArenas arenas;
    std::unique_lock lock(mutex);
    for (;;) {
      Job* offer = nullptr;
      if (first) first_waits = true;
      offered.wait(lock, [&] { return stop || (offer = Offered(first)) != nullptr; });
      if (stop) return;
      if (first) first_waits = false;
      Job& job = *offer;
      const int index = job.next++;
      if (job.begun()) std::erase(jobs, offer);
      ++job.running;
      // What was for the first thread is now for any.
      if (first && !jobs.empty()) offered.notify_all();
      const bool helped = first && job.tasks == 1;
      SetGemmThreads(helped ? std::max(product_threads, static_cast<int>(threads.size()))
                            : product_threads);
      lock.unlock();
      std::exception_ptr error;
      try {
        (*job.task)(index, arenas);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      --job.running;
      if (error && !job.error) Abandon(job, error);
      if (job.done()) finished.notify_all();
    }
  }

  void Abandon(Job& job, const std::exception_ptr& error) {
    job.error = error;
    if (job.begun()) return;
    job.next = job.tasks;
    std::erase(jobs, &job);
  }
};

SearchThreads::SearchThreads(int threads, int product_threads) : impl_(std::make_unique<Impl>()) {
  if (threads < 0 || threads > 1024) {
    throw Error(ErrorKind::kUsage, "threads: " + std::to_string(threads) +
                                       " is out of range: it must be from 0 to 1024");
  }
  impl_->product_threads = product_threads;
  const int wanted = threads == 0 ? AvailableThreads() : threads;
  try {
    while (count() < wanted) {
      impl_->threads.emplace_back(
          [impl = impl_.get(), first = count() == 0] { impl->Loop(first); });
    }
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::kInternal, "only " + std::to_string(count()) + " of " +
                                          std::to_string(wanted) + " threads could be started (" +
                                          error.what() + "): use fewer --threads");
  }
}

SearchThreads::~SearchThreads() = default;

int SearchThreads::count() const { return static_cast<int>(impl_->threads.size()); }

void SearchThreads::Run(int tasks, const std::function<void(int, SearchArenas&)>& task) {
  if (tasks == 0) return;
  Job job;
  job.tasks = tasks;
  job.task = &task;
  std::unique_lock lock(impl_->mutex);
  impl_->jobs.push_back(&job);
  impl_->offered.notify_all();
  impl_->finished.wait(lock, [&] { return job.done(); });
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace atento
