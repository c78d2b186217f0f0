# edge_late_library(TARGET IMPORTED_TARGET NAME)
#
# TARGET loads the library behind IMPORTED_TARGET when it first needs it (base/library.h): it gets the include path and
# NAME_SONAME, a string, and is not linked to it.
function(edge_late_library target imported name)
  get_target_property(location ${imported} IMPORTED_LOCATION)
  if(NOT location)
    get_target_property(location ${imported} IMPORTED_LOCATION_NONE)
  endif()
  if(NOT location)
    get_target_property(location ${imported} INTERFACE_LINK_LIBRARIES)
    list(GET location 0 location)
  endif()
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${location}
    OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
  if(NOT headers MATCHES "SONAME +([^\n]+)")
    message(FATAL_ERROR "edge_late_library: no SONAME in ${location}")
  endif()
  target_include_directories(${target} PRIVATE $<TARGET_PROPERTY:${imported},INTERFACE_INCLUDE_DIRECTORIES>)
  target_compile_definitions(${target} PRIVATE ${name}_SONAME="${CMAKE_MATCH_1}")
endfunction()
