#include "weir/admission/virtual_key.h"

#include <gtest/gtest.h>

namespace weir::admission {
namespace {

// FIPS 180-4 example "abc".
constexpr Bytes kAbcHash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(KeyHash, ReadsAndWrites) {
  const auto hash = parse_key_hash(kAbcHash);
  ASSERT_TRUE(hash.has_value());
  EXPECT_EQ(*hash, hash_key("abc"));
  EXPECT_EQ(format_key_hash(*hash), kAbcHash);
  std::string upper(kAbcHash);
  for (std::size_t i = 7; i < upper.size(); ++i)
    if (upper[i] >= 'a') upper[i] = static_cast<char>(upper[i] - 32);
  EXPECT_EQ(parse_key_hash(upper), hash);
}

TEST(KeyHash, RefusesEverythingElse) {
  const std::string good(kAbcHash);
  for (const std::string& bad :
       {std::string(), std::string("sha256:"), good.substr(0, good.size() - 1), good + "0", good.substr(7),
        "SHA256:" + good.substr(7), good.substr(0, 10) + "g" + good.substr(11), "sha512:" + good.substr(7)})
    EXPECT_FALSE(parse_key_hash(bad).has_value()) << bad;
}

TEST(Key, IsBase64UrlOfItsBytes) {
  std::array<std::uint8_t, 32> bytes{};
  EXPECT_EQ(format_key(bytes), "wk_" + std::string(43, 'A'));
  bytes.fill(0xff);
  EXPECT_EQ(format_key(bytes), "wk_" + std::string(42, '_') + "8");
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(format_key(bytes), "wk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
}

TEST(KeyTable, FindsExactlyTheKeysItHas) {
  std::vector<VirtualKey> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back({"name" + std::to_string(i), hash_key("wk_" + std::to_string(i))});
  const KeyTable table(std::move(keys), false);
  EXPECT_EQ(table.size(), 1000U);
  for (int i = 0; i < 1000; ++i) {
    const VirtualKey* key = table.find("wk_" + std::to_string(i));
    ASSERT_NE(key, nullptr) << i;
    EXPECT_EQ(key->name, "name" + std::to_string(i));
  }
  for (int i = 1000; i < 3000; ++i) EXPECT_EQ(table.find("wk_" + std::to_string(i)), nullptr) << i;
  for (Bytes wrong : {Bytes(""), Bytes("wk_"), Bytes("wk_0 "), Bytes("WK_0"), Bytes("wk_0\0", 5)})
    EXPECT_EQ(table.find(wrong), nullptr) << wrong;
  EXPECT_EQ(table.find(std::string(1 << 20, 'x')), nullptr);
}

TEST(KeyTable, AHashIsNotAKey) {
  const KeyTable table({{"abc", hash_key("abc")}}, false);
  EXPECT_NE(table.find("abc"), nullptr);
  EXPECT_EQ(table.find(kAbcHash), nullptr);
  EXPECT_EQ(table.find(kAbcHash.substr(7)), nullptr);
}

TEST(KeyTable, WhoIsAnonymous) {
  struct Case {
    const char* what;
    bool has_keys;
    bool allow_anonymous;
    Bytes presented;
    Bytes expected;  // name of the key; empty = refused
  };
  for (const Case& c : {
           Case{"closed, nothing presented", false, false, "", ""},
           Case{"closed, something presented", false, false, "x", ""},
           Case{"open, nothing presented", false, true, "", "anonymous"},
           Case{"open, the dummy an SDK sends", false, true, "sk-dummy", "anonymous"},
           Case{"keys, right", true, false, "abc", "app"},
           Case{"keys, wrong", true, false, "abd", ""},
           Case{"keys, none", true, false, "", ""},
           Case{"keys and anonymous, right", true, true, "abc", "app"},
           Case{"keys and anonymous, none", true, true, "", "anonymous"},
           Case{"keys and anonymous, wrong", true, true, "abd", ""},
       }) {
    SCOPED_TRACE(c.what);
    std::vector<VirtualKey> keys;
    if (c.has_keys) keys.push_back({"app", hash_key("abc")});
    const KeyTable table(std::move(keys), c.allow_anonymous);
    const VirtualKey* key = table.find(c.presented);
    EXPECT_EQ(key ? Bytes(key->name) : Bytes(), c.expected);
  }
}

TEST(KeyTable, TheDefaultTableRefusesEverybody) {
  const KeyTable table;
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_EQ(table.find("x"), nullptr);
}

TEST(KeyTableDeathTest, TheSameKeyTwiceEndsTheProcess) {
  EXPECT_DEATH(KeyTable({{"a", hash_key("k")}, {"b", hash_key("k")}}, false), "hashes in a table are unique");
}

}  // namespace
}  // namespace weir::admission
