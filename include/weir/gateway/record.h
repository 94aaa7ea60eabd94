// What is known of one exchange when it is over: the source of its log line and of the counters.
// Views point into objects that live as long as the exchange (catalog, keys) or into the record itself.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "weir/base/fault.h"
#include "weir/base/time.h"
#include "weir/catalog/price.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/event.h"
#include "weir/dialect/usage.h"

namespace weir::gateway {

/// A short text that is kept by value, cut off at its bound.
template <std::size_t N>
class ShortText {
 public:
  void assign(Bytes text) { size_ = text.copy(text_.data(), N); }
  Bytes view() const { return {text_.data(), size_}; }

 private:
  std::array<char, N> text_;
  std::size_t size_ = 0;
};

/// A text that few exchanges have: a pointer to it.
class RareText {
 public:
  Bytes view() const { return text_ ? Bytes(*text_) : Bytes(); }
  bool empty() const { return view().empty(); }
  void assign(Bytes text) {
    if (!empty()) text_->clear();
    append(text);
  }
  RareText& append(Bytes text) {
    if (text.empty()) return *this;
    if (!text_) text_ = std::make_unique<std::string>();
    text_->append(text);
    return *this;
  }

 private:
  std::unique_ptr<std::string> text_;
};

struct Record {
  static constexpr std::uint32_t kNoCell = UINT32_MAX;

  Record() = default;
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  std::uint64_t id = 0;
  Instant started{};    ///< first byte of the request
  ShortText<96> model;  ///< as the client wrote it
  Bytes key;            ///< the virtual key's name
  /// Provider and model that answered, or were tried last. The model may be a view into `model`.
  Bytes provider;
  Bytes model_id;
  std::uint32_t cell = kNoCell;  ///< theirs in the health table
  dialect::Dialect client_dialect = dialect::Dialect::openai_chat;
  dialect::Dialect provider_dialect = dialect::Dialect::openai_chat;  ///< in which the provider was spoken to
  bool stream = false;
  bool connection_reused = false;  ///< of the attempt that answered
  std::uint16_t dropped = 0;       ///< parameters that the provider was not given
  int status = 0;                  ///< what the client was told; 0: nothing
  int attempts = 0;                ///< requests sent to providers
  int tries = 0;                   ///< the same, and deployments that could not be given this request
  RareText trail;                  ///< the tries that failed, and how: "one/model 503, other/model upstream_reset"
  bool exhausted = false;  ///< a try failed for a reason that would have let somebody else answer, and nobody was left
  std::optional<Fault> fault;
  RareText detail;  ///< more about the fault, for the operator alone
  dialect::FinishReason finish = dialect::FinishReason::unspecified;
  dialect::Usage usage;
  const catalog::Price* price = nullptr;  ///< of the deployment that was tried last; null: not known
  std::int64_t cost_nano_usd = 0;
  bool cost_known = false;
  int stitched = 0;  ///< parts of the answer behind the first
  /// Of the parts that are over, while another one is asked for: each at its own price, as far as it was told.
  struct Before {
    int count = 0;
    dialect::Usage usage;
    std::int64_t cost_nano_usd = 0;
    bool cost_known = true;
  };
  std::unique_ptr<Before> before;   ///< null: there is none, as in nearly all exchanges
  std::uint64_t request_bytes = 0;  ///< of the body
  std::uint64_t answer_bytes = 0;   ///< of the body

  // Durations in ns, -1: did not come to pass.
  std::int64_t connect_ns = -1;  ///< time to get a connection to the provider
  std::int64_t ttfb_ns = -1;     ///< from the request's first byte to the answer's first byte
  std::int64_t ttft_ns = -1;     ///< ... to the first content
  std::int64_t total_ns = 0;     ///< ... to the end
  std::int64_t overhead_ns = 0;  ///< time inside weir waiting on neither side
};

}  // namespace weir::gateway
