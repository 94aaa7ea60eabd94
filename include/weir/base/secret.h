// A secret: provider credentials and virtual keys on their way through. It cannot be printed, compared in
// variable time or copied by accident, and its bytes are wiped when it dies.
#pragma once

#include <string>
#include <utility>

#include "weir/base/bytes.h"

namespace weir {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  ~Secret() { wipe(); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      other.wipe();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return bytes_.empty(); }
  /// The bytes, to be written into an outgoing authentication header and nowhere else.
  Bytes reveal() const { return bytes_; }

 private:
  void wipe() {
    // The whole capacity, not only the size: a short string that was moved from has size 0 and still holds its bytes.
    bytes_.resize(bytes_.capacity());
    volatile char* bytes = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes[i] = 0;
    bytes_.clear();
  }
  std::string bytes_;
};

}  // namespace weir
