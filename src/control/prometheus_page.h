// Text for Prometheus (exposition format 0.0.4), written line by line. Labels are given as they stand between the
// braces; what is put into them here (names of models, deployments, providers, faults) has neither quotes nor
// backslashes.
#pragma once

#include <charconv>
#include <initializer_list>
#include <string>

#include "weir/base/bytes.h"
#include "weir/base/histogram.h"

namespace weir::control {

class PrometheusPage {
 public:
  void head(Bytes name, Bytes kind, Bytes help) { put("# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"); }
  void sample(Bytes name, Bytes labels, std::uint64_t value) { put(name, labels, " ", std::to_string(value), "\n"); }
  /// A figure that is no count: seconds, as Prometheus wants them, or a part of one.
  void figure(Bytes name, Bytes labels, double value) { put(name, labels, " ", decimal(value), "\n"); }
  void one(Bytes name, Bytes kind, Bytes help, std::uint64_t value) {
    head(name, kind, help);
    sample(name, {}, value);
  }
  /// In seconds.
  void histogram(const std::string& name, Bytes help, const Histogram& values,
                 std::initializer_list<std::uint64_t> bounds_us) {
    head(name, "histogram", help);
    for (const std::uint64_t us : bounds_us) {
      const std::string label = "{le=\"" + decimal(static_cast<double>(us) / 1e6) + "\"}";
      sample(name + "_bucket", label, values.at_most(us * 1000));
    }
    sample(name + "_bucket", "{le=\"+Inf\"}", values.count());
    figure(name + "_sum", {}, static_cast<double>(values.sum_ns()) / 1e9);
    sample(name + "_count", {}, values.count());
  }
  std::string take() { return std::move(text_); }

 private:
  template <class... Parts>
  void put(const Parts&... parts) {
    (text_.append(parts), ...);
  }
  static std::string decimal(double value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    return {digits, end.ptr};
  }
  std::string text_;
};

}  // namespace weir::control
