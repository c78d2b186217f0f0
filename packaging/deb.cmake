# Read by cpack before it begins: what the package depends on, and the time of its files.
find_program(shlibdeps dpkg-shlibdeps)
if(NOT shlibdeps)
  message(FATAL_ERROR "dpkg-shlibdeps is missing: sudo apt-get install dpkg-dev")
endif()
execute_process(COMMAND dpkg-parsechangelog --file ${CMAKE_CURRENT_LIST_DIR}/changelog --show-field Timestamp
  OUTPUT_VARIABLE released OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
# The same source, the same package: the time is that of the changelog's last entry, as dpkg-buildpackage has it.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(ENV{SOURCE_DATE_EPOCH} ${released})
endif()

# The libraries that the program is linked to, and those that it loads when it needs them (cmake/LateLibrary.cmake).
execute_process(COMMAND ${CMAKE_COMMAND} --build ${CPACK_EDGE_BINARY_DIR} --target late_libraries
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(GLOB modules ${CPACK_EDGE_BINARY_DIR}/late_libraries/*.so)
set(scratch ${CPACK_EDGE_BINARY_DIR}/shlibdeps)
file(WRITE ${scratch}/debian/control "Source: edgectl\n\nPackage: edgectl\nArchitecture: any\n")
execute_process(COMMAND ${shlibdeps} -O ${CPACK_EDGE_BINARY_DIR}/cli/edgectl ${modules}
  WORKING_DIRECTORY ${scratch} OUTPUT_VARIABLE depends OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_VARIABLE complaints RESULT_VARIABLE status) # it warns of each file that is not within a package
if(NOT status EQUAL 0)
  message(FATAL_ERROR "dpkg-shlibdeps: ${complaints}")
endif()
string(REGEX REPLACE "^shlibs:Depends=" "" CPACK_DEBIAN_PACKAGE_DEPENDS "${depends}")
