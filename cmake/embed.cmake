# Run by edge_embed_files(): writes OUTPUT, a C file with the bytes of FILES, which are relative to DIR.
set(data "")
set(entries "")
set(number 0)
foreach(file IN LISTS FILES)
  file(READ ${DIR}/${file} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n\t" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND data "static const char file_${number}[] = {\n\t${bytes}\n};\n\n")
  string(APPEND entries "\t{ \"${file}\", { file_${number}, sizeof(file_${number}) } },\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}
  "#include \"embedded.h\"\n\n${data}const struct embedded_file ${SYMBOL}[] = {\n${entries}\t{ .name = NULL },\n};\n")
