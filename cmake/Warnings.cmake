# The warnings every target of ours is compiled with. Errors only where a preset sets CMAKE_COMPILE_WARNING_AS_ERROR.
add_library(edge_warnings INTERFACE)
target_compile_options(edge_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Walloca -Wformat=2 -Wundef
  -Wpointer-arith -Wwrite-strings -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond>)
