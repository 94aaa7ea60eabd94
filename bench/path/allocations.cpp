// malloc and its family come before glibc's, by the order of symbols; glibc's own are called by their second names.
#include "allocations.h"

#include <execinfo.h>
#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace weir::path {
namespace {

constexpr int kSites = 1024;  // a warm gateway has few; further ones are counted without a site

HeapUse use;
bool counting = false;
bool keeping = false;
Allocations::Site sites[kSites];
int known = 0;

void keep(std::size_t bytes) {
  void* frames[Allocations::kDepth];
  const int depth = backtrace(frames, Allocations::kDepth);
  Allocations::Site* const end = sites + known;
  Allocations::Site* site = std::find_if(sites, end, [&](const Allocations::Site& s) {
    return s.depth == depth && std::equal(frames, frames + depth, s.frames);
  });
  if (site == end) {
    if (known == kSites) return;
    ++known;
    site->depth = depth;
    std::copy(frames, frames + depth, site->frames);
  }
  ++site->use.allocations;
  site->use.bytes += bytes;
}

[[gnu::noinline]] void note(std::size_t bytes) {
  ++use.allocations;
  use.bytes += bytes;
  if (!keeping) return;
  counting = false;  // what the walk itself allocates
  keep(bytes);
  counting = true;
}

// What lives, by address: an open table whose runs have no holes.
constexpr std::size_t kSlots = std::size_t{1} << 18;
void* living[kSlots];
std::size_t living_count = 0;
std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

std::size_t home_of(const void* memory) {
  return (reinterpret_cast<std::uintptr_t>(memory) >> 4) * 0x9e3779b97f4a7c15U >> (64 - 18);
}

[[gnu::noinline]] void* born(void* memory) {
  if (!memory || !counting || living_count > kSlots / 2) return memory;
  std::size_t slot = home_of(memory);
  while (living[slot]) slot = (slot + 1) % kSlots;
  living[slot] = memory;
  ++living_count;
  live_bytes += malloc_usable_size(memory);
  peak_bytes = std::max(peak_bytes, live_bytes);
  return memory;
}

[[gnu::noinline]] void dies(void* memory) {
  if (!memory || living_count == 0) return;
  std::size_t slot = home_of(memory);
  while (living[slot] != memory) {
    if (!living[slot]) return;
    slot = (slot + 1) % kSlots;
  }
  live_bytes -= malloc_usable_size(memory);
  --living_count;
  // Whoever stands behind it and would be looked for from before the hole moves into it.
  for (std::size_t next = (slot + 1) % kSlots; living[next]; next = (next + 1) % kSlots) {
    const std::size_t home = home_of(living[next]);
    if ((next - home) % kSlots < (next - slot) % kSlots) continue;
    living[slot] = living[next];
    slot = next;
  }
  living[slot] = nullptr;
}

}  // namespace

std::size_t Allocations::take_peak() { return std::exchange(peak_bytes, live_bytes); }

bool Allocations::count(bool on) { return std::exchange(counting, on); }

HeapUse Allocations::so_far() { return use; }

void Allocations::keep_sites() {
  void* frame = nullptr;
  backtrace(&frame, 1);  // the first one loads a library
  keeping = true;
}

int Allocations::site_count() { return known; }

const Allocations::Site& Allocations::site(int index) { return sites[index]; }

}  // namespace weir::path

extern "C" {

void* malloc(std::size_t size) {
  if (weir::path::counting) weir::path::note(size);
  return weir::path::born(__libc_malloc(size));
}

void* calloc(std::size_t count, std::size_t size) {
  if (weir::path::counting) weir::path::note(count * size);
  return weir::path::born(__libc_calloc(count, size));
}

void* realloc(void* memory, std::size_t size) {
  if (weir::path::counting && size > 0) weir::path::note(size);
  weir::path::dies(memory);
  return weir::path::born(__libc_realloc(memory, size));
}

void* memalign(std::size_t alignment, std::size_t size) {
  if (weir::path::counting) weir::path::note(size);
  return weir::path::born(__libc_memalign(alignment, size));
}

void free(void* memory) {
  weir::path::dies(memory);
  __libc_free(memory);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = memalign(alignment, size);
  return *memory ? 0 : 12;  // ENOMEM
}
}
