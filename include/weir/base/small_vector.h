// A vector that keeps its first N elements in itself, so that what usually has few costs no allocation.
// Elements are moved when it grows; what points into it is invalid then.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace weir {

template <class T, std::size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(SmallVector&& other) noexcept { take(other); }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this == &other) return *this;
    release();
    take(other);
    return *this;
  }
  ~SmallVector() { release(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_[i]; }
  T& front() { return data_[0]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  std::span<const T> all() const { return {data_, size_}; }

  void push_back(T value) {
    if (size_ == capacity_) grow();
    new (data_ + size_) T(std::move(value));
    ++size_;
  }
  /// Also gives the memory back.
  void clear() {
    release();
    data_ = own();
    size_ = 0;
    capacity_ = N;
  }

 private:
  T* own() { return reinterpret_cast<T*>(own_); }
  void grow() {
    const std::size_t capacity = 2 * capacity_;
    T* const larger = std::allocator<T>().allocate(capacity);
    std::uninitialized_move_n(data_, size_, larger);
    const std::size_t size = size_;
    release();
    data_ = larger;
    size_ = size;
    capacity_ = capacity;
  }
  void release() {
    std::destroy_n(data_, size_);
    if (data_ != own()) std::allocator<T>().deallocate(data_, capacity_);
  }
  /// Into memory that holds nothing.
  void take(SmallVector& other) {
    const bool is_small = other.data_ == other.own();
    data_ = is_small ? own() : other.data_;
    size_ = other.size_;
    capacity_ = is_small ? N : other.capacity_;
    if (is_small) {
      std::uninitialized_move_n(other.data_, size_, data_);
      std::destroy_n(other.data_, size_);
    }
    other.data_ = other.own();
    other.size_ = 0;
    other.capacity_ = N;
  }

  alignas(T) unsigned char own_[N * sizeof(T)];
  T* data_ = own();
  std::size_t size_ = 0;
  std::size_t capacity_ = N;
};

}  // namespace weir
