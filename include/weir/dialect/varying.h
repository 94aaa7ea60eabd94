// What may differ from one payload of a stream to the next without that the next one says anything else than its own
// text. Told by decoders, used by FrameMemo.
#pragma once

#include "weir/base/bytes.h"

namespace weir::dialect {

/// Views into the payload that was read last.
struct Varying {
  /// The inside of a string: the only content. The same payload with another text here, as long as it is not empty,
  /// tells that text of the same block, changes nothing else, and could follow again and again. Empty: there is none,
  /// and the rest of this says nothing.
  Bytes text;
  Bytes number;  ///< a number in front of the text that is not read (Responses: sequence_number); empty: there is none
  Bytes counts;  ///< an object behind the text in which numbers are read that replace the last ones (Gemini:
                 ///< usageMetadata): Decoder::repeat() wants it. Empty: there is none
};

}  // namespace weir::dialect
