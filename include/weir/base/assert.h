// Assertions that stay on in every build.
//
// A broken invariant in a gateway corrupts somebody's answer, so it ends the process with the place, the
// sentence and, under simulation, the seed that reproduces it. Conditions must be cheap enough for the hot path.
#pragma once

namespace weir {

/// Text printed with every failed assertion ("seed 42"); the simulation sets it. The pointer must stay valid.
void set_assert_context(const char* text);

[[noreturn]] void assert_failed(const char* condition, const char* sentence, const char* file, int line);

}  // namespace weir

#define WEIR_ASSERT(condition, sentence)                               \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::weir::assert_failed(#condition, sentence, __FILE__, __LINE__); \
  } while (false)
