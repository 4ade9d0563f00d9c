#include "base/worker_pool.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "atento/error.h"
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

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stop = true;
    }
    started.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

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
  Impl* impl = impl_.get();
  try {
    for (int i = 0; i < threads; ++i) impl->threads.emplace_back([impl, i] { impl->Loop(i); });
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::kInternal, "the system refuses to start " + std::to_string(threads) +
                                          " threads: " + error.what() + "; use fewer");
  }
}

WorkerPool::~WorkerPool() = default;

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
