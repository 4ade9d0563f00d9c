# atento_module(NAME sources... DEPENDS modules... LINK libraries...)
#   One folder of src/ as a static library atento_NAME.
# atento_test(NAME sources... MODULES modules... LINK libraries... LABELS labels...)
#   One GoogleTest binary, registered with CTest under its own name. Labels: "readers" reads files or
#   text from outside, "cli" runs the program; CI runs both under the sanitizers. The targets
#   tests_readers and tests_cli build them.

function(atento_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
  if(ATENTO_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  # Optimising std::string, GCC 12 warns of overlaps that cannot be (its bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  # Results must not depend on whether the compiler contracts a*b+c: kernels ask for FMA explicitly.
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  if(ATENTO_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${ATENTO_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${ATENTO_SANITIZE})
    # GCC warns of what is not there when it instruments.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
  if(ATENTO_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

function(atento_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(atento_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(atento_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
  if(ATENTO_F64)
    target_compile_definitions(atento_${name} PUBLIC ATENTO_F64)
  endif()
  if(ATENTO_REFERENCE_GEMM)
    target_compile_definitions(atento_${name} PRIVATE ATENTO_REFERENCE_GEMM)
  endif()
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(atento_${name} PUBLIC atento_${dependency})
  endforeach()
  target_link_libraries(atento_${name} PRIVATE ${ARG_LINK})
  atento_compile_options(atento_${name})
  set_property(GLOBAL APPEND PROPERTY ATENTO_MODULES atento_${name})
endfunction()

function(atento_test name)
  cmake_parse_arguments(ARG "" "" "MODULES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  foreach(module ${ARG_MODULES})
    target_link_libraries(${name} PRIVATE atento_${module})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE ATENTO_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  atento_compile_options(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  foreach(label ${ARG_LABELS})
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()
