// Where the buffers of several shards come from, so that they share one total: a pool may use its own share always, and
// asks for more in steps when that is not enough. Implemented in `shared`, because shards run on threads of their own.
#pragma once

#include <cstdint>

namespace weir::io {

class BufferSource {
 public:
  /// True: the caller may use `buffers` more, until it gives them back. Any thread; asked rarely, in coarse steps.
  virtual bool take(std::uint32_t buffers) = 0;
  virtual void give_back(std::uint32_t buffers) = 0;

 protected:
  ~BufferSource() = default;
};

}  // namespace weir::io
