// The parameters of a model in a safetensors file: float32 for training, fewer bits for translation.
// Format: docs/file-format.md.
#ifndef ATENTO_MODEL_PARAMETER_FILE_H_
#define ATENTO_MODEL_PARAMETER_FILE_H_

#include <string>

#include "model/config.h"
#include "model/parameters.h"
#include "model/safetensors.h"

namespace atento {

// The matrices are stored in the given precision, vectors in float32. int8: each row of a matrix as
// q · scale with |q| <= 127, scale = its largest magnitude / 127. Throws Error{kIo}.
void SaveParameters(const ModelConfig& config, const Parameters& parameters,
                    const std::string& path, Precision precision = Precision::kFloat32);

// What was stored, as float32: embeddings and vectors are read there by whoever needs them, and
// PackedWeights alone knows of fewer bits; it finds the same integers again when it packs a matrix.
// So a model of int8 takes 5 bytes a number, one of float32 8. Throws Error{kData}, naming the
// tensor, unless names, shapes and types are exactly the model's in that precision, and every number
// is finite.
void LoadParameters(const ModelConfig& config, const std::string& path, Parameters& parameters,
                    Precision precision = Precision::kFloat32);

// LoadParameters in two halves: before any memory is asked for, a file that fits bounds what the
// model takes.
void CheckParameters(const ModelConfig& config, const SafetensorsFile& file, Precision precision);
void CopyParameters(const ModelConfig& config, const SafetensorsFile& file, Precision precision,
                    Parameters& parameters);

}  // namespace atento

#endif  // ATENTO_MODEL_PARAMETER_FILE_H_
