# The four kinds of target that Vigil has. Each takes SOURCES and DEPENDS; a test takes LABELS too.
function(vigil_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
    if(arg_SOURCES)
        add_library(${name} STATIC ${arg_SOURCES})
        target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/libs ${CMAKE_SOURCE_DIR}/services)
        target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
    else()
        add_library(${name} INTERFACE)
        target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/libs ${CMAKE_SOURCE_DIR}/services)
        target_link_libraries(${name} INTERFACE ${arg_DEPENDS})
    endif()
endfunction()

# Catch2 tests, one ctest entry per program (a process per case would cost more than the cases).
# Recordings are found through the environment variable VIGIL_DATA; a case that needs them calls SKIP() without it.
function(vigil_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} Catch2::Catch2WithMain)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    # Relative, so that the compiler's cache serves every checkout; tests run in the top folder.
    target_compile_definitions(${name} PRIVATE VIGIL_SOURCE_DIR=".")
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_test(NAME ${name} COMMAND ${name} --allow-running-no-tests)
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 4
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

function(vigil_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# Entries are made on one thread and let go on another, which costs glibc's allocator a sixth of the CPU time of a window,
# and mimalloc as much memory again as is in use (docs/performance.md). The sanitizers bring an allocator of their own.
function(vigil_allocator name)
    if(NOT SANITIZE)
        target_link_options(${name} PRIVATE -Wl,--push-state,--no-as-needed ${jemalloc_LINK_LIBRARIES} -Wl,--pop-state)
    endif()
endfunction()

# A program of the cluster: one service and what is around it.
function(vigil_cluster_program name)
    vigil_program(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE vigil_cluster_process)
    # Options are given by name and keep their defaults where they are not.
    target_compile_options(${name} PRIVATE -Wno-missing-field-initializers)
    vigil_allocator(${name})
endfunction()

function(vigil_benchmark name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
    add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} benchmark::benchmark_main)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

function(vigil_fuzzer name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
