// What each quirk is called and means, for documents and for whoever meets one in a row. A quirk without a sentence
// does not compile.
#pragma once

#include <span>

#include "weir/base/bytes.h"
#include "weir/dialect/target.h"

namespace weir::dialect {

/// All of them, in the order of the enum.
std::span<const Quirk> all_quirks();

/// As the table of provider kinds writes it.
Bytes to_string(Quirk quirk);

/// One sentence: what is done for a provider that has it.
Bytes sentence_of(Quirk quirk);

}  // namespace weir::dialect
