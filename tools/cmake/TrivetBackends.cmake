# SPDX-License-Identifier: MIT
#
# What the build and the installed package must know of each backend, and of each compression: the library and header to
# find, the pkg-config module, the licence. Used by CMakeLists.txt and, installed, by TrivetConfig.cmake.

set(TRIVET_KNOWN_BACKENDS openssl libsodium wolfcrypt)

set(TRIVET_openssl_LIBRARY crypto)
set(TRIVET_openssl_HEADER openssl/evp.h)
set(TRIVET_openssl_PC "libcrypto >= 3.0")
set(TRIVET_openssl_LICENCE "Apache-2.0 (OpenSSL)")

set(TRIVET_libsodium_LIBRARY sodium)
set(TRIVET_libsodium_HEADER sodium.h)
set(TRIVET_libsodium_PC "libsodium >= 1.0.18")
set(TRIVET_libsodium_LICENCE "ISC (libsodium)")

set(TRIVET_wolfcrypt_LIBRARY wolfssl)
set(TRIVET_wolfcrypt_HEADER wolfssl/wolfcrypt/settings.h)
set(TRIVET_wolfcrypt_PC "wolfssl >= 5.5")
set(TRIVET_wolfcrypt_LICENCE "GPL-2.0-or-later or GPL-3.0-or-later, by its version, or commercial (wolfCrypt)")

set(TRIVET_KNOWN_COMPRESSIONS zstd zlib)

set(TRIVET_zstd_LIBRARY zstd)
set(TRIVET_zstd_HEADER zstd.h)
set(TRIVET_zstd_PC libzstd)
set(TRIVET_zstd_LICENCE "BSD-3-Clause (zstd)")

set(TRIVET_zlib_LIBRARY z)
set(TRIVET_zlib_HEADER zlib.h)
set(TRIVET_zlib_PC zlib)
set(TRIVET_zlib_LICENCE "Zlib (zlib)")

# Looks for the library of the backend or compression `name` (CMAKE_PREFIX_PATH and the usual hints count) and makes the imported
# target Trivet::lib_<name> of it. Sets TRIVET_<name>_FOUND, and TRIVET_<name>_WHY where it is not found.
function(trivet_find_backend name)
    if(TARGET Trivet::lib_${name})
        set(TRIVET_${name}_FOUND TRUE PARENT_SCOPE)
        return()
    endif()
    find_path(TRIVET_${name}_INCLUDE_DIR ${TRIVET_${name}_HEADER})
    find_library(TRIVET_${name}_LIBRARY_FILE ${TRIVET_${name}_LIBRARY})
    mark_as_advanced(TRIVET_${name}_INCLUDE_DIR TRIVET_${name}_LIBRARY_FILE)
    set(why "")
    if(NOT TRIVET_${name}_INCLUDE_DIR)
        set(why "no header <${TRIVET_${name}_HEADER}>")
    elseif(NOT TRIVET_${name}_LIBRARY_FILE)
        set(why "no library lib${TRIVET_${name}_LIBRARY}")
    elseif(name STREQUAL "openssl")
        set(version_line "")
        if(EXISTS "${TRIVET_openssl_INCLUDE_DIR}/openssl/opensslv.h")
            file(STRINGS "${TRIVET_openssl_INCLUDE_DIR}/openssl/opensslv.h" version_line
                 REGEX "define[ \t]+OPENSSL_VERSION_MAJOR")
        endif()
        if(NOT version_line MATCHES "MAJOR[ \t]+([0-9]+)" OR CMAKE_MATCH_1 LESS 3)
            set(why "its headers are older than OpenSSL 3.0")
        endif()
    endif()
    if(why)
        set(TRIVET_${name}_FOUND FALSE PARENT_SCOPE)
        set(TRIVET_${name}_WHY "${why}" PARENT_SCOPE)
        return()
    endif()
    add_library(Trivet::lib_${name} UNKNOWN IMPORTED)
    set_target_properties(Trivet::lib_${name} PROPERTIES
        IMPORTED_LOCATION "${TRIVET_${name}_LIBRARY_FILE}"
        INTERFACE_INCLUDE_DIRECTORIES "${TRIVET_${name}_INCLUDE_DIR}"
        INTERFACE_LINK_LIBRARIES "m;${CMAKE_DL_LIBS}") # what static archives of them need
    set(TRIVET_${name}_FOUND TRUE PARENT_SCOPE)
endfunction()
