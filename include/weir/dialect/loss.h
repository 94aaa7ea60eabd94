// What of a request does not reach the provider, and whether that is allowed. Translating asks, for every field that
// has no place on the other side: is it a hint (drop it and say so), or does the answer mean something else without it
// (refuse)?
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"

namespace weir::dialect {

/// Of a route: what becomes of hints that the provider does not take.
enum class Unsupported : std::uint8_t { drop, error };

/// Why a request cannot be served. `field` is the JSON name of the field at fault (`stream_options.include_usage`),
/// `why` a sentence for the client, both plain text; empty when there is none.
struct Refusal {
  Fault fault = Fault::field_invalid;
  std::string field;
  std::string why;
};

class Loss {
 public:
  /// More names than this are not told.
  static constexpr std::size_t kMaxNames = 32;

  explicit Loss(Unsupported policy = Unsupported::drop) : policy_(policy) {}

  /// A hint is lost: seed, penalties, logit_bias, verbosity, store, metadata... Told to the client, or refused by
  /// policy.
  void drop(Bytes field) {
    if (policy_ == Unsupported::error) return refuse(field, kRefusedByPolicy);
    if (dropped_.size() < kMaxNames && std::ranges::find(dropped_, field) == dropped_.end())
      dropped_.emplace_back(field);
  }
  /// The answer would mean something else: the first such field is what the client is told.
  void refuse(Bytes field, Bytes why) {
    refuse({.fault = Fault::parameter_unsupported, .field = std::string(field), .why = std::string(why)});
  }
  /// Anything else that is wrong with the request (a missing field, a value of the wrong type).
  void refuse(Refusal refusal) {
    if (!refused_) refusal_ = std::move(refusal);
    refused_ = true;
  }

  /// From here on this policy holds, and for what was dropped before: whoever reads a request need not know yet for
  /// whom.
  void enforce(Unsupported policy) {
    policy_ = policy;
    if (policy == Unsupported::error && !dropped_.empty()) refuse(dropped_.front(), kRefusedByPolicy);
  }

  bool refused() const { return refused_; }
  const Refusal& refusal() const { return refusal_; }
  /// Names of the dropped fields, each once: the value of x-weir-dropped.
  const std::vector<std::string>& dropped() const { return dropped_; }

 private:
  static constexpr Bytes kRefusedByPolicy = "The route refuses parameters that its provider does not take.";

  Unsupported policy_;
  bool refused_ = false;
  Refusal refusal_;
  std::vector<std::string> dropped_;
};

}  // namespace weir::dialect
