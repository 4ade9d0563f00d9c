// Threads that live as long as the work they share: training's sub-batches and slices.
#ifndef ATENTO_BASE_WORKER_POOL_H_
#define ATENTO_BASE_WORKER_POOL_H_

#include <functional>
#include <memory>

namespace atento {

// The cores this process may use; at least 1.
int AvailableThreads();

class WorkerPool {
 public:
  // threads >= 1. Throws Error{kInternal} if the system refuses to start so many. The calling
  // thread is none of them: worker i is the same thread at every call, so that its thread-local
  // caches stay warm.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const;

  // Calls work(i) for each i in [0, threads()) on worker i, and waits for all. If some throw, the
  // exception of the smallest i is thrown again here. Not reentrant.
  void Run(const std::function<void(int)>& work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_BASE_WORKER_POOL_H_
