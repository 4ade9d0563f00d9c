// A limit on how many of something there are at a time.
#ifndef ATENTO_SERVE_TICKETS_H_
#define ATENTO_SERVE_TICKETS_H_

#include <atomic>
#include <memory>

namespace atento {

// Thread-safe. Tickets may outlive it.
class Tickets {
 public:
  explicit Tickets(int most) : most_(most) {}

  // It is given back when the last copy goes. nullptr if all are out.
  std::shared_ptr<const void> Take() {
    if (out_->fetch_add(1) >= most_) {
      out_->fetch_sub(1);
      return nullptr;
    }
    return {out_.get(), [out = out_](const void*) { out->fetch_sub(1); }};
  }

 private:
  const int most_;
  std::shared_ptr<std::atomic<int>> out_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace atento

#endif  // ATENTO_SERVE_TICKETS_H_
