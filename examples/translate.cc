// The smallest program that uses the library.
#include <atento/error.h>

#include <cstdio>

int main() {
  try {
    throw atento::Error(atento::ErrorKind::kUsage, "name a model directory");
  } catch (const atento::Error& error) {
    std::printf("error: %s\n", error.what());
  }
}
