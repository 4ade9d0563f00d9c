#include "base/worker_pool.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace atento {

int AvailableThreads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

struct WorkerPool::Impl {
  std::mutex mutex;
  std::condition_variable started, finished;
  const std::function<void(int)>* work = nullptr;
  int64_t round = 0;  // of the work that is offered
  int running = 0;
  bool stop = false;
  std::vector<std::exception_ptr> errors;
  std::vector<std::thread> threads;

  void Loop(int index) {
    for (int64_t done = 0;; ++done) {
      const std::function<void(int)>* task;
      {
        std::unique_lock lock(mutex);
        started.wait(lock, [&] { return stop || round > done; });
        if (stop) return;
        task = work;
      }
      std::exception_ptr error;
      try {
        (*task)(index);
      } catch (...) {
        error = std::current_exception();
      }
      std::lock_guard lock(mutex);
      errors[static_cast<size_t>(index)] = error;
      if (--running == 0) finished.notify_one();
    }
  }
};

WorkerPool::WorkerPool(int threads) : impl_(std::make_unique<Impl>()) {
  CHECK(threads >= 1);
  impl_->errors.resize(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) impl_->threads.emplace_back([this, i] { impl_->Loop(i); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->started.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

int WorkerPool::threads() const { return static_cast<int>(impl_->threads.size()); }

void WorkerPool::Run(const std::function<void(int)>& work) {
  std::unique_lock lock(impl_->mutex);
  impl_->work = &work;
  impl_->running = threads();
  ++impl_->round;
  impl_->started.notify_all();
  impl_->finished.wait(lock, [&] { return impl_->running == 0; });
  for (const std::exception_ptr& error : impl_->errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace atento
