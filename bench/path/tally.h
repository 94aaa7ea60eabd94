// What is counted while the code above the ring has control: instructions (by callgrind, which collects only then),
// allocations, and what is asked of the ring. Counts nothing until begin(), but what lives on the heap.
#pragma once

#include <array>

#include "allocations.h"
#include "weir/io/sim_meter.h"

namespace weir::path {

struct Counts {
  HeapUse heap;
  std::size_t peak = 0;  ///< bytes of the heap that lived at once
  std::array<std::uint64_t, io::SimMeter::kWorks> work{};
};

class Tally final : public io::SimMeter {
 public:
  void begin() {
    on_ = true;
    before_ = Allocations::so_far();
    Allocations::take_peak();
  }
  void end() { on_ = false; }
  /// Since the last one. Callgrind, if it watches, writes what it has to a file of its own.
  Counts take(const char* name);

  void count(Work work) override;

 private:
  void on_pass(Side side) override;

  bool on_ = false;
  HeapUse before_;
  std::array<std::uint64_t, kWorks> work_{};
};

}  // namespace weir::path
