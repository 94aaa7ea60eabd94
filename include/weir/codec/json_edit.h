// Splice edits: a changed body is the original plus a short list of edits. The body itself is never copied; whoever
// sends it walks the pieces and maps original ranges onto the chunks in which the body arrived.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "weir/base/assert.h"
#include "weir/base/bytes.h"

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

/// A few edits, sorted by offset, never overlapping. Two insertions at one offset keep the order in which they came.
class EditList {
 public:
  static constexpr std::size_t kCapacity = 8;

  void add(Edit edit) {
    WEIR_ASSERT(size_ < kCapacity, "an edit list holds a handful of edits");
    std::size_t place = size_;
    while (place > 0 && edits_[place - 1].offset > edit.offset) {
      edits_[place] = edits_[place - 1];
      --place;
    }
    edits_[place] = edit;
    ++size_;
    for (std::size_t i = place == 0 ? 1 : place; i < size_ && i <= place + 1; ++i)
      WEIR_ASSERT(edits_[i - 1].offset + edits_[i - 1].removed <= edits_[i].offset, "edits do not overlap");
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const Edit* begin() const { return edits_.data(); }
  const Edit* end() const { return edits_.data() + size_; }

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
  std::array<Edit, kCapacity> edits_{};
  std::size_t size_ = 0;
};

}  // namespace weir::codec
