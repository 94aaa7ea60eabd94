// A file descriptor as a value that cannot be mistaken for another number. Owns nothing.
#pragma once

namespace weir::io {

struct Fd {
  int value = -1;
  bool valid() const { return value >= 0; }
  bool operator==(const Fd&) const = default;
};

}  // namespace weir::io
