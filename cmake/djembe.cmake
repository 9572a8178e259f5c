# What every target shares: warnings, libraries, and the two kinds of files that are compiled in.

find_package(PkgConfig REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq libczmq)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(MHD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(MSGPACK REQUIRED IMPORTED_TARGET msgpack)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(CMARK REQUIRED IMPORTED_TARGET libcmark)
pkg_check_modules(GD REQUIRED IMPORTED_TARGET gdlib)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

add_library(djembe_flags INTERFACE)
target_include_directories(djembe_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_definitions(djembe_flags INTERFACE _GNU_SOURCE DJEMBE_VERSION="${PROJECT_VERSION}")
target_compile_options(djembe_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes
                                              -Wno-format-zero-length -Werror) # log_info("event", "")
if(DJEMBE_SANITIZE)
  target_compile_options(djembe_flags INTERFACE -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
                                                -fno-omit-frame-pointer)
  target_link_options(djembe_flags INTERFACE -fsanitize=address,undefined -fuse-ld=gold) # three times as quick
endif()

# djembe_embed(TARGET NAME BASE FILES...): compiles FILES in as `const struct embedded NAME[]` and `NAME_count`, each under
# its path below BASE (services/common/embed.h).
function(djembe_embed target name base)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAME=${name} -DBASE=${base} "-DFILES=${ARGN}" -DSCHEMA=${target}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
