# edge_module(NAME SOURCES ... HEADERS ... [PUBLIC lib ...] [PRIVATE lib ...])
#
# One room: a static library `edge_NAME` whose public headers, below include/, form a file set. A room that is not
# linked is not on the include path, so an include against the layers of DESIGN.md does not compile.
# `all_verify_interface_header_sets` compiles every public header alone.
function(edge_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "edge_module(${name}): unknown words: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_library(edge_${name} STATIC ${arg_SOURCES})
  target_sources(edge_${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  target_link_libraries(edge_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} edge_warnings)
  set_target_properties(edge_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()
