# The lessons corpus: its sources, and the data files of data/lessons compiled into the library.
set(lessons_inputs "")
foreach(name classes nouns adjectives verbs pronouns determiners words frames)
  list(APPEND lessons_inputs ${PROJECT_SOURCE_DIR}/data/lessons/${name}.txt)
endforeach()
set(lessons_output ${PROJECT_BINARY_DIR}/generated/text/lessons_data.cc)
list(JOIN lessons_inputs "," lessons_inputs_joined)
add_custom_command(
  OUTPUT ${lessons_output}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${lessons_output} "-DINPUTS=${lessons_inputs_joined}"
          -P ${CMAKE_CURRENT_LIST_DIR}/embed_text.cmake
  DEPENDS ${lessons_inputs} ${CMAKE_CURRENT_LIST_DIR}/embed_text.cmake
  COMMENT "Embedding data/lessons"
  VERBATIM)
set(ATENTO_LESSONS_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/lessons.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_derive.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_frames.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_grammar.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_morphology.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_noun_phrase.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_realize.cc
  ${CMAKE_CURRENT_LIST_DIR}/lessons_verbs.cc
  ${lessons_output})
