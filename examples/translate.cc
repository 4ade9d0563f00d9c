// The smallest program that uses the library: translates standard input line by line.
#include <atento/translator.h>

#include <iostream>

int main(int argc, char** argv) try {
  const std::string directory = argc > 1 ? argv[1] : "my-model";
  const atento::Translator translator(std::span(&directory, 1));
  for (std::string line; std::getline(std::cin, line);) {
    const atento::Translation translation = translator.Translate(std::span(&line, 1))[0];
    std::cout << (translation.hypotheses.empty() ? "" : translation.hypotheses[0].text) << "\n";
  }
} catch (const atento::Error& error) {
  std::cerr << "error: " << error.what() << "\n";
  return 1;
}
