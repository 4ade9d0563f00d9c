# cmake -D BUILD_DIRECTORY=… -D EXAMPLES=… -D WORK_DIRECTORY=… -D COMPILER=… -P install_test.cmake
cmake_minimum_required(VERSION 3.22)

# run(COMMAND…): fails the test unless the command succeeds; its standard output is in `output`.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${out}${err}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

set(prefix ${WORK_DIRECTORY}/prefix)
set(build ${WORK_DIRECTORY}/build)
file(REMOVE_RECURSE ${WORK_DIRECTORY})
run(${CMAKE_COMMAND} --install ${BUILD_DIRECTORY} --prefix ${prefix})

# A header that needs what is not installed would still compile in the source tree.
file(GLOB_RECURSE headers RELATIVE ${prefix}/include ${prefix}/include/*.h)
set(source "")
foreach(header ${headers})
  string(APPEND source "#include <${header}>\n")
endforeach()
file(WRITE ${WORK_DIRECTORY}/headers.cc "${source}")
run(${COMPILER} -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I${prefix}/include
    ${WORK_DIRECTORY}/headers.cc)

run(${CMAKE_COMMAND} -S ${EXAMPLES} -B ${build} -G Ninja
    -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_CXX_COMPILER=${COMPILER})
run(${CMAKE_COMMAND} --build ${build})
run(${build}/translate)
if(NOT output STREQUAL "error: name a model directory\n")
  message(FATAL_ERROR "translate printed: ${output}")
endif()
