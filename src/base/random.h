// Random numbers that are the same on every compiler and machine: the standard library fixes its
// engines but not its distributions. Everything random in Atento is keyed, never drawn from a
// global.
#ifndef ATENTO_BASE_RANDOM_H_
#define ATENTO_BASE_RANDOM_H_

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace atento {

// Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators": the finaliser.
constexpr uint64_t MixBits(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A key made of several parts; the order of the parts matters.
template <class... Parts>
constexpr uint64_t RandomKey(uint64_t seed, Parts... parts) {
  uint64_t key = MixBits(seed + 0x9e3779b97f4a7c15u);
  ((key = MixBits(key ^ (static_cast<uint64_t>(parts) + 0x9e3779b97f4a7c15u))), ...);
  return key;
}

// FNV-1a: a name as a part of a key, or a cheap hash of a file's bytes (pass the last result on).
constexpr uint64_t HashBytes(std::string_view bytes, uint64_t hash = 0xcbf29ce484222325u) {
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

// SplitMix64. Copyable; two generators with one key give one sequence.
class Random {
 public:
  explicit Random(uint64_t key) : state_(key) {}

  uint64_t Next() { return MixBits(state_ += 0x9e3779b97f4a7c15u); }
  // [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  // [0, n); n > 0. Multiply-shift; the bias is below n / 2^64.
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }
  // Mean 0, variance 1 (Box–Muller, one value per call).
  double Normal() {
    double u = 1.0 - Uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * 3.14159265358979323846 * Uniform());
  }
  // Fisher–Yates.
  template <class T>
  void Shuffle(std::span<T> items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  uint64_t state_;
};

}  // namespace atento

#endif  // ATENTO_BASE_RANDOM_H_
