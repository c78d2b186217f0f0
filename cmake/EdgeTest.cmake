# edge_unit_test(NAME SOURCES ... [LIBS target ...] [LABELS label ...] [TIMEOUT seconds])
#
# One cmocka program, one ctest of the label `unit`. One executable per source file under test: cmocka does not fork,
# so a crash takes the rest of its program with it. Names are global: edge_unit_test(image_digest_test ...).
# The test finds the peers' test cases below $CONFORMANCE_DIR, and has a directory of its own as its working directory.
set(CONFORMANCE_DIR ${CMAKE_SOURCE_DIR}/../shared/conformance CACHE PATH "The peers' test cases, as data")

function(edge_unit_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBS;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "edge_unit_test(${name}): wants SOURCES; unknown words: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(scratch ${CMAKE_CURRENT_BINARY_DIR}/${name}.scratch)
  file(MAKE_DIRECTORY ${scratch})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} PkgConfig::CMOCKA edge_warnings)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${scratch})
  set_tests_properties(${name} PROPERTIES
    LABELS "unit;${arg_LABELS}"
    TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "CONFORMANCE_DIR=${CONFORMANCE_DIR}")
endfunction()
