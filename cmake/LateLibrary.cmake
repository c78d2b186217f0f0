# edge_late_library(TARGET IMPORTED_TARGET NAME)
#
# TARGET loads the library behind IMPORTED_TARGET when it first needs it (base/library.h): it gets the include path and
# NAME_SONAME, a string, and is not linked to it. The room's header NAME.h, in small letters, lists the functions it calls.
#
# A package must depend on such libraries all the same: the target `late_libraries` makes a module per call that is linked to
# the library and refers to those functions, for dpkg-shlibdeps to read (packaging/deb.cmake). Nothing else builds it.
add_custom_target(late_libraries)
set(LATE_LIBRARY_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/late_library.c.in)

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
  string(TOLOWER ${name} header)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${header}.h)
    edge_late_references(${target} ${imported} ${header})
  endif()
endfunction()

function(edge_late_references target imported header)
  set(module late_${target}_${header})
  configure_file(${LATE_LIBRARY_SCRIPT} ${module}.c @ONLY)
  add_library(${module} MODULE EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/${module}.c)
  target_include_directories(${module} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  target_link_libraries(${module} PRIVATE ${imported})
  set_target_properties(${module} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/late_libraries)
  add_dependencies(late_libraries ${module})
endfunction()
