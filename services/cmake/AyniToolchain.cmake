# Compiler launcher, linker, warnings, hardening and sanitizers, for every target of ours.

option(AYNI_MARKS "Count coverage marks (MARK)" OFF)
set(AYNI_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

find_program(AYNI_CCACHE ccache)
if(AYNI_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${AYNI_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${AYNI_CCACHE})
endif()
find_program(AYNI_MOLD mold)
if(AYNI_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Linked into code of ours only: generated code is not ours to warn about.
add_library(ayni_warnings INTERFACE)
target_compile_options(ayni_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)

if(AYNI_MARKS)
  add_compile_definitions(AYNI_MARKS)
endif()
add_compile_options(-fno-omit-frame-pointer)
if(AYNI_SANITIZE)
  add_compile_options(-fsanitize=${AYNI_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AYNI_SANITIZE})
else()
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
  add_link_options(-pie -Wl,-z,relro,-z,now)
endif()
