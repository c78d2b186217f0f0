# edge_unit_test(NAME SOURCES ... [LIBS target ...] [LABELS label ...] [TIMEOUT seconds])
#
# One cmocka program, one ctest of the label `unit`. One executable per source file under test: cmocka does not fork,
# so a crash takes the rest of its program with it. Names are global: edge_unit_test(image_digest_test ...).
# The test finds the peers' test cases below $CONFORMANCE_DIR, and has a directory of its own as its working directory.
set(CONFORMANCE_DIR ${CMAKE_SOURCE_DIR}/../shared/conformance CACHE PATH "The peers' test cases, as data")

set(EDGE_TEST_PREFIX "" CACHE STRING "Before the name of every test, where several builds are tested in one run")

# edge_test(NAME [add_test() words ...]): a test whose properties are then set as those of ${edge_test}.
macro(edge_test name)
  set(edge_test ${EDGE_TEST_PREFIX}${name})
  add_test(NAME ${edge_test} ${ARGN})
endmacro()

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
  edge_test(${name} COMMAND ${name} WORKING_DIRECTORY ${scratch})
  set_tests_properties(${edge_test} PROPERTIES
    LABELS "unit;${arg_LABELS}"
    TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "CONFORMANCE_DIR=${CONFORMANCE_DIR}")
endfunction()
