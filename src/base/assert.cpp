#include "weir/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace weir {
namespace {
const char* context = nullptr;
}

void set_assert_context(const char* text) { context = text; }

void assert_failed(const char* condition, const char* sentence, const char* file, int line) {
  std::fprintf(stderr, "weir: invariant broken at %s:%d: %s (%s)%s%s\n", file, line, sentence, condition,
               context ? ", " : "", context ? context : "");
  std::abort();
}

}  // namespace weir
