# cmake --install: the program, the public headers, one static library with all modules, and what
# find_package(atento) needs. Included after src/, whose modules it merges.
include(CMakePackageConfigHelpers)

get_property(atento_modules GLOBAL PROPERTY ATENTO_MODULES)
list(REMOVE_ITEM atento_modules atento_cli)
set(atento_objects)
foreach(module ${atento_modules})
  list(APPEND atento_objects $<TARGET_OBJECTS:${module}>)
endforeach()
add_library(atento_library STATIC ${atento_objects})
set_target_properties(atento_library PROPERTIES OUTPUT_NAME atento LINKER_LANGUAGE CXX)

set(atento_config_directory ${CMAKE_INSTALL_LIBDIR}/cmake/atento)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/atentoConfig.cmake.in ${PROJECT_BINARY_DIR}/atentoConfig.cmake
  INSTALL_DESTINATION ${atento_config_directory}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/atentoConfigVersion.cmake COMPATIBILITY SameMinorVersion)

if(TARGET atento)
  install(TARGETS atento RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET atento_images_module)
  install(TARGETS atento_images_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/atento)
endif()
install(TARGETS atento_library ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/atento DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/atentoConfig.cmake
              ${PROJECT_BINARY_DIR}/atentoConfigVersion.cmake
        DESTINATION ${atento_config_directory})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
