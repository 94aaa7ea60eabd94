#include "weir/base/secret.h"

#include <gtest/gtest.h>

#include <malloc.h>

#include <cstdlib>
#include <new>
#include <ostream>
#include <type_traits>

namespace {

// Every block this program gives back to the heap is searched for this text while `watching`.
constexpr weir::Bytes kMarker = "unwiped-secret";
bool watching = false;
int blocks_with_marker = 0;

bool contains(const void* memory, std::size_t size, weir::Bytes text) {
  return weir::Bytes(static_cast<const char*>(memory), size).find(text) != weir::Bytes::npos;
}

[[maybe_unused]] void search_and_free(void* block) {
  if (watching && block && contains(block, malloc_usable_size(block), kMarker)) ++blocks_with_marker;
  std::free(block);
}

}  // namespace

// ThreadSanitizer's own may not be replaced; the test that needs these says that it is skipped.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_HEAP_IS_NOT_OURS
#endif
#endif
#ifndef WEIR_HEAP_IS_NOT_OURS
void* operator new(std::size_t size) {
  if (void* block = std::calloc(1, size)) return block;
  std::abort();
}
void operator delete(void* block) noexcept { search_and_free(block); }
void operator delete(void* block, std::size_t) noexcept { search_and_free(block); }
#endif

namespace weir {
namespace {

// A secret may not be copied, compared, hashed into text or printed by accident: none of these compile.
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<std::string, Secret> && !std::is_convertible_v<Secret, Bytes>);
template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
static_assert(Printable<Bytes> && !Printable<Secret>);
static_assert(Comparable<Bytes> && !Comparable<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

const std::string kShort = "sk-short-key";                               // lives inside the string object itself
const std::string kLong = "sk-" + std::string(kMarker) + "-0123456789";  // lives on the heap

TEST(Secret, RevealsWhatItWasGiven) {
  EXPECT_TRUE(Secret().empty());
  const Secret none;
  EXPECT_EQ(none.reveal(), "");
  const Secret some(kShort);
  EXPECT_EQ(some.reveal(), kShort);
  EXPECT_FALSE(Secret(kLong).empty());
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  for (const std::string& text : {kShort, kLong}) {
    Secret from(text);
    Secret to(std::move(from));
    EXPECT_EQ(to.reveal(), text);
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
    Secret assigned("before");
    assigned = std::move(to);
    EXPECT_EQ(assigned.reveal(), text);
    EXPECT_TRUE(to.empty());  // NOLINT(bugprone-use-after-move)
  }
}

TEST(Secret, SelfMoveKeepsTheBytes) {
  Secret secret(kLong);
  Secret& alias = secret;
  secret = std::move(alias);
  EXPECT_EQ(secret.reveal(), kLong);
}

// A short secret lies inside the object: look into the object's storage after it is gone. "short-key" without its
// front, because the string itself terminates what it was moved from.
constexpr Bytes kTail = "short-key";

TEST(Secret, WipesTheObjectWhenItDies) {
  alignas(Secret) unsigned char storage[sizeof(Secret)] = {};
  auto* secret = new (storage) Secret(kShort);
  ASSERT_TRUE(contains(storage, sizeof storage, kTail));
  secret->~Secret();
  EXPECT_FALSE(contains(storage, sizeof storage, kTail));
}

TEST(Secret, WipesTheObjectItWasMovedFrom) {
  alignas(Secret) unsigned char storage[sizeof(Secret)] = {};
  auto* secret = new (storage) Secret(kShort);
  const Secret to(std::move(*secret));
  EXPECT_EQ(to.reveal(), kShort);
  EXPECT_FALSE(contains(storage, sizeof storage, kTail));
  secret->~Secret();
}

TEST(Secret, WipesTheHeapWhenItDiesAndWhenItIsOverwritten) {
#ifdef WEIR_HEAP_IS_NOT_OURS
  GTEST_SKIP() << "the heap is ThreadSanitizer's";
#endif
  watching = true;
  blocks_with_marker = 0;
  {
    const Secret dies(kLong);
    Secret overwritten(kLong);
    overwritten = Secret("another");
  }
  const int leaked = blocks_with_marker;
  {
    const std::string plain = kLong;
  }  // proves that the search finds what is not wiped
  const int found = blocks_with_marker - leaked;
  watching = false;
  EXPECT_EQ(leaked, 0);
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace weir
