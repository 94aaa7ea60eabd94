// Objects that are needed for a while, again and again: after warm-up taking one allocates nothing. Last-in first-out,
// so the object that comes back is the one still in the cache. Single-threaded; must outlive what it lends.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "weir/base/assert.h"

namespace weir {

template <class T>
class Recycler {
 public:
  /// A lent object; goes home when it dies. The object keeps the state it had: whoever takes one resets it.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : home_(other.home_), object_(std::exchange(other.object_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(home_, other.home_);
      std::swap(object_, other.object_);
      return *this;
    }
    ~Lease() { reset(); }

    void reset() {
      if (object_) home_->give_back(std::exchange(object_, nullptr));
    }
    explicit operator bool() const { return object_ != nullptr; }
    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }

   private:
    friend class Recycler;
    Lease(Recycler* home, T* object) : home_(home), object_(object) {}
    Recycler* home_ = nullptr;
    T* object_ = nullptr;
  };

  Recycler() = default;
  Recycler(const Recycler&) = delete;
  Recycler& operator=(const Recycler&) = delete;
  ~Recycler() { WEIR_ASSERT(lent_ == 0, "a lent object outlives its recycler"); }

  Lease take() {
    ++lent_;
    if (idle_.empty()) return Lease(this, new T());
    T* object = idle_.back().release();
    idle_.pop_back();
    return Lease(this, object);
  }
  std::size_t lent() const { return lent_; }

 private:
  void give_back(T* object) {
    --lent_;
    std::unique_ptr<T> home(object);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(home));
  }

  static constexpr std::size_t kMaxIdle = 64;  // what a burst needed beyond that goes back to the allocator
  std::vector<std::unique_ptr<T>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace weir
