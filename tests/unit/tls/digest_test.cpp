#include "weir/tls/digest.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::tls {
namespace {

// FIPS 180-4 examples, and the lengths at which the padding changes its number of blocks (55, 56, 64).
TEST(Sha256, KnownVectors) {
  const struct {
    std::string text;
    const char* digest;
  } cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(55, 'a'), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
      {std::string(56, 'a'), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
      {std::string(64, 'a'), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& [text, digest] : cases) EXPECT_EQ(to_hex(sha256(text)), digest) << text.size() << " bytes";
}

TEST(Sha256, AViewWithoutDataIsTheEmptyText) { EXPECT_EQ(sha256(Bytes{}), sha256("")); }

TEST(Sha256, BytesAreNotText) {
  using namespace std::string_view_literals;
  EXPECT_NE(sha256("a\0b"sv), sha256("a\0c"sv));
  EXPECT_NE(sha256("\0"sv), sha256(""sv));
}

TEST(Sha256, EveryByteCounts) {
  std::string text(100, 'x');
  std::set<Sha256Digest> digests{sha256(text)};
  for (char& c : text) {
    c = 'y';
    digests.insert(sha256(text));
    c = 'x';
  }
  EXPECT_EQ(digests.size(), 101U);
}

TEST(ToHex, TwoDigitsAByte) {
  EXPECT_EQ(to_hex({}), "");
  const std::uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xa5, 0xff};
  EXPECT_EQ(to_hex(bytes), "000ff0a5ff");
}

}  // namespace
}  // namespace weir::tls
