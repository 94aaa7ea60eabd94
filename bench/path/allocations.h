// Counts heap allocations of this program: malloc and its family, and with them operator new. Only what happens while
// counting is on counts. With sites, every allocation's call stack is kept, equal stacks together.
//
// Besides, how much of what was allocated while counting is on lives: from then on, whoever frees it.
//
// One of it in the process, because there is one heap; single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::path {

struct HeapUse {
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
};

class Allocations {
 public:
  static constexpr int kDepth = 24;  ///< frames of a site
  struct Site {
    HeapUse use;
    int depth = 0;
    void* frames[kDepth];  ///< innermost first
  };

  /// Returns whether counting was on.
  static bool count(bool on);
  static HeapUse so_far();
  /// Most bytes that lived at once since the last call.
  static std::size_t take_peak();
  /// Sites are found by walking the stack, which costs; off until here.
  static void keep_sites();
  /// Calls back with every site so far.
  template <class Function>
  static void for_each_site(Function&& function) {
    for (int i = 0; i < site_count(); ++i) function(site(i));
  }

 private:
  static int site_count();
  static const Site& site(int index);
};

}  // namespace weir::path
