// The threads that search runs on: each has memory of its own, and takes one task after the other.
#ifndef ATENTO_SEARCH_SEARCH_THREADS_H_
#define ATENTO_SEARCH_SEARCH_THREADS_H_

#include <functional>
#include <memory>

#include "math/arena.h"

namespace atento {

// What one thread works in.
struct SearchArenas {
  Arena sources;   // lives as long as a batch
  Arena steps[2];  // a step reads the states of the one before from the other
};

// Thread-safe: several callers may Run at once and share the threads, first come first served.
class SearchThreads {
 public:
  // threads: 1 … 1024, or 0 for one per core. product_threads: that share each matrix product; a
  // single task has all the others to help it. Throws Error{kUsage} if the number is out of range,
  // Error{kInternal} if the machine refuses.
  explicit SearchThreads(int threads, int product_threads = 1);
  ~SearchThreads();
  SearchThreads(const SearchThreads&) = delete;
  SearchThreads& operator=(const SearchThreads&) = delete;

  int count() const;

  // Calls task(i, arenas) once for each i in [0, tasks), in no fixed order, and waits for all. All
  // threads share the products of a single task, if the first of them is free: a sentence alone waits
  // for weights to be read, and two cores read faster than one.
  // After an exception no further task begins, and it is thrown again here. Not to be called by a
  // task.
  void Run(int tasks, const std::function<void(int, SearchArenas&)>& task);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atento

#endif  // ATENTO_SEARCH_SEARCH_THREADS_H_
