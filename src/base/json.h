// JSON values. nlohmann-json parses and prints them, in json.cc alone; this is the type the rest of
// the project passes around. Objects keep the order of insertion.
#ifndef ATENTO_BASE_JSON_H_
#define ATENTO_BASE_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "atento/error.h"

namespace atento {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(value) {}
  Json(uint64_t value) : value_(static_cast<int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  // Throws Error{kData} that names `where` (a file or "request body") and the byte at fault.
  // Invalid UTF-8, duplicate keys, trailing text and a nesting deeper than 64 are refused.
  static Json Parse(std::string_view text, std::string_view where);
  // indent < 0: one line. Doubles are printed so that they read back equal; NaN and infinity as
  // null. Text that is not valid UTF-8 is printed with U+FFFD in place of the faulty bytes.
  std::string Dump(int indent = -1) const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Each throws Error{kData} naming the expected and the found type if the value has another type.
  // AsDouble accepts integers.
  bool AsBool() const;
  int64_t AsInteger() const;
  double AsDouble() const;
  const std::string& AsString() const;
  const Array& AsArray() const;
  const Object& AsObject() const;

  // Object look-up. Find: nullptr if absent. At: throws Error{kData} that names the key.
  const Json* Find(std::string_view key) const;
  const Json& At(std::string_view key) const;
  // Sets or replaces a member; a null value becomes an object first. Returns *this.
  Json& Set(std::string_view key, Json value);
  // Appends; a null value becomes an array first. Returns *this.
  Json& Append(Json value);

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

// What read() returns. An Error that it throws becomes Error{kData} with `where`, a file or a key,
// before its message.
template <class Function>
auto InContext(std::string_view where, Function read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, std::string(where) + ": " + error.what());
  }
}

}  // namespace atento

#endif  // ATENTO_BASE_JSON_H_
