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
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) { wipe(bytes); }
  ~Secret() { wipe(bytes_); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
      wipe(other.bytes_);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return bytes_.empty(); }
  /// The bytes, to be written into an outgoing authentication header and nowhere else.
  Bytes reveal() const& { return bytes_; }
  Bytes reveal() const&& = delete;

 private:
  static void wipe(std::string& text) {
    // The whole capacity, not only the size: a short string that was moved from has size 0 and still holds its bytes.
    text.resize(text.capacity());
    volatile char* bytes = text.data();
    for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
    text.clear();
  }
  std::string bytes_;
};

}  // namespace weir
