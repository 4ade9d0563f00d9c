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

# A model of the installed program, and the example beside it: both must translate alike.
set(atento ${prefix}/bin/atento)
set(lessons ${WORK_DIRECTORY}/lessons)
set(model ${WORK_DIRECTORY}/model)
run(${atento} lessons --pairs 300 --dev 20 --test 5 --output ${lessons})
run(${atento} train --train ${lessons}/train.fr ${lessons}/train.en
    --dev ${lessons}/dev.fr ${lessons}/dev.en --model ${model} --source-tokenizer words
    --target-tokenizer words --embedding-size 16 --encoder-size 16 --decoder-size 16
    --attention-size 16 --readout-size 16 --max-steps 20)
run(${atento} translate --model ${model} --input ${lessons}/test.fr)
set(expected "${output}")
execute_process(COMMAND ${build}/translate ${model} INPUT_FILE ${lessons}/test.fr
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE err)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
  message(FATAL_ERROR "the example ended with ${result} and printed:\n${output}${err}"
                      "instead of:\n${expected}")
endif()
