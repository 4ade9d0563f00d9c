// How options are declared. A struct's ForEach names each field: its name (the flag --name, the key
// in a TOML file and in config.json), its allowed range and its help. The command line, --help,
// config.json and docs/cli.md all derive from these declarations.
#ifndef ATENTO_OPTION_DECLARATION_H_
#define ATENTO_OPTION_DECLARATION_H_

#include <limits>

namespace atento {

// The names of an enum's values, in order: specialise with a static constexpr std::array `names`,
// and, if a value goes by other names too, one of pairs, `aliases`.
template <class Enum>
struct EnumNames;

// The values a number may take, both ends included. Strings and enums ignore it.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
inline constexpr Range kAny{};
inline constexpr Range kNotNegative{0};
inline constexpr Range kAtLeastOne{1};
inline constexpr Range kShare{0, 0.999};

}  // namespace atento

#endif  // ATENTO_OPTION_DECLARATION_H_
