// Splice edits: a changed body is the original plus a short list of edits. The body itself is never copied; whoever
// sends it walks the pieces and maps original ranges onto the chunks in which the body arrived.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "weir/base/assert.h"
#include "weir/base/bytes.h"
#include "weir/base/small_vector.h"

namespace weir::codec {

/// At `offset` of the original, `removed` bytes give way to `inserted`. The inserted text must outlive the list.
struct Edit {
  std::size_t offset = 0;
  std::size_t removed = 0;
  Bytes inserted;
};

/// A range of the original body, in bytes.
struct OriginalRange {
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// Edits, sorted by offset, never overlapping; usually a few, which then cost no allocation. Two insertions at one
/// offset keep the order in which they came, and stand before what is removed there.
class EditList {
 public:
  static constexpr std::size_t kUsual = 8;

  /// Quick for edits that come in order.
  void add(Edit edit) {
    edits_.push_back(edit);
    Edit* place = edits_.end() - 1;
    while (place != edits_.begin() && comes_before(edit, place[-1])) {
      place[0] = place[-1];
      --place;
    }
    *place = edit;
    for (const Edit* at = place == edits_.begin() ? place : place - 1; at + 1 < edits_.end() && at <= place; ++at)
      WEIR_ASSERT(at->offset + at->removed <= at[1].offset, "edits do not overlap");
  }

  void clear() { edits_.clear(); }
  bool empty() const { return edits_.empty(); }
  std::size_t size() const { return edits_.size(); }
  const Edit* begin() const { return edits_.all().data(); }
  const Edit* end() const { return begin() + size(); }

  /// Bytes that are not of the original.
  std::size_t inserted() const {
    std::size_t size = 0;
    for (const Edit& edit : *this) size += edit.inserted.size();
    return size;
  }
  /// Size of the edited body, given the size of the original.
  std::size_t size_after(std::size_t body_size) const {
    std::size_t size = body_size;
    for (const Edit& edit : *this) size = size - edit.removed + edit.inserted.size();
    return size;
  }

  /// Calls visit(OriginalRange) and visit(Bytes) in the order of the edited body; empty pieces are left out.
  template <class Visitor>
  void for_each_piece(std::size_t body_size, Visitor&& visit) const {
    std::size_t position = 0;
    for (const Edit& edit : *this) {
      WEIR_ASSERT(edit.offset + edit.removed <= body_size, "edits lie inside the body");
      if (edit.offset > position) visit(OriginalRange{position, edit.offset - position});
      if (!edit.inserted.empty()) visit(edit.inserted);
      position = edit.offset + edit.removed;
    }
    if (body_size > position) visit(OriginalRange{position, body_size - position});
  }

 private:
  static bool comes_before(const Edit& a, const Edit& b) {
    return a.offset < b.offset || (a.offset == b.offset && a.removed == 0 && b.removed > 0);
  }

  SmallVector<Edit, kUsual> edits_;
};

}  // namespace weir::codec
