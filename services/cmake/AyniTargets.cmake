# ayni_library(NAME SOURCES … DEPENDS …): the library services/lib/NAME as target ayni_NAME.
function(ayni_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  if(arg_SOURCES)
    add_library(ayni_${name} STATIC ${arg_SOURCES})
    target_include_directories(ayni_${name} PUBLIC ${CMAKE_SOURCE_DIR}/services/lib)
    target_link_libraries(ayni_${name} PUBLIC ${arg_DEPENDS} PRIVATE ayni_warnings)
  else()
    add_library(ayni_${name} INTERFACE)
    target_include_directories(ayni_${name} INTERFACE ${CMAKE_SOURCE_DIR}/services/lib)
    target_link_libraries(ayni_${name} INTERFACE ${arg_DEPENDS})
  endif()
endfunction()

# ayni_program(NAME SOURCES … DEPENDS …): the program bin/NAME.
function(ayni_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/services)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ayni_warnings)
endfunction()

# The tests that ThreadSanitizer watches: all of the libraries in which threads meet.
set(AYNI_THREADED_FOLDERS unit/base unit/journal unit/sequencer unit/router unit/projectord sim)
add_custom_target(threaded_tests)

# ayni_test(NAME SOURCES … DEPENDS … [LABELS …] [WITH_POSTGRES]): a GoogleTest program, one ctest
# entry a program. Its folder ("unit/journal") is a label, too. WITH_POSTGRES: the test finds a
# server of its own at AYNI_TEST_DATABASE.
function(ayni_test name)
  cmake_parse_arguments(arg "WITH_POSTGRES" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/services ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gmock_main GTest::gtest ayni_warnings)
  set(command ${name})
  if(arg_WITH_POSTGRES)
    set(command ${CMAKE_SOURCE_DIR}/tests/lib/with_postgres $<TARGET_FILE:${name}>)
  endif()
  add_test(NAME ${name} COMMAND ${command})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  list(APPEND arg_LABELS ${folder})
  if(folder IN_LIST AYNI_THREADED_FOLDERS)
    list(APPEND arg_LABELS threaded)
    add_dependencies(threaded_tests ${name})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS "${arg_LABELS}")
endfunction()
