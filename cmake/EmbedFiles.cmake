# edge_embed_files(TARGET SYMBOL FILE...)
#
# Compiles text files into a target, as `const struct embedded_file SYMBOL[]` that ends with an entry without a name
# (embedded.h of that room). A file's name in it is its path below the current source directory. No program has to run at
# build time but CMake itself, so that cross-compiling needs nothing more.
set(EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake)

function(edge_embed_files target symbol)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D SYMBOL=${symbol} -D DIR=${CMAKE_CURRENT_SOURCE_DIR}
      -D "FILES=${ARGN}" -P ${EMBED_SCRIPT}
    DEPENDS ${ARGN} ${EMBED_SCRIPT}
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()
