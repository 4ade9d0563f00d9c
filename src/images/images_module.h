// The C interface of libatento_images.so, which has OpenCV in it and is opened when it is needed
// (src/cli/images.h), so that the program does not link it. No exception passes it.
#ifndef ATENTO_IMAGES_IMAGES_MODULE_H_
#define ATENTO_IMAGES_IMAGES_MODULE_H_

#ifdef __cplusplus
extern "C" {
#endif

// Changes with everything below.
#define ATENTO_IMAGES_VERSION 1

// What an image is turned into for the CNN: [3, size, size], red, green, blue,
// (pixel · scale − mean) / std.
struct AtentoImageSettings {
  const char* cnn;    // an ONNX file
  const char* layer;  // an output of it; "" : its last one
  int size;
  double scale;
  double mean[3];
  double std[3];
};

// A shape of 2 or 3 numbers, [rows, size] or [height, width, size], and the numbers, which are valid
// until the next call.
struct AtentoImageFeatures {
  int dimensions;
  int shape[3];
  const float* values;
};

struct AtentoImagesModule {
  int version;  // ATENTO_IMAGES_VERSION
  // A CNN, or null and why not: one line in `error`, of error_size bytes.
  void* (*open)(const struct AtentoImageSettings* settings, char* error, int error_size);
  void (*close)(void* cnn);
  // Reads images and runs the CNN on those that can be read, in one pass. paths, features, errors:
  // [count]; each gets its features, or an error of error_size bytes, which is "" without one.
  // Images of more than 100 million pixels are not decoded. Not from several threads at once.
  void (*compute)(void* cnn, const char* const* paths, int count,
                  struct AtentoImageFeatures* features, char* const* errors, int error_size);
};

// The only symbol.
const struct AtentoImagesModule* atento_images_module(void);

#ifdef __cplusplus
}
#endif

#endif  // ATENTO_IMAGES_IMAGES_MODULE_H_
