# SPDX-License-Identifier: MIT
#
# Installation of the man pages: docs/man/<name>.<section> goes to man<first digit>, where man-db and mandoc look for
# sections like 3tvt, too. Every other name that a page documents is a link to it, so that `man SSL_accept` finds
# SSL_connect.3tvt without an index. The target man-html makes HTML of them.

# trivet_man_names(VARIABLE FILE): the names in the section NAME of a page
function(trivet_man_names variable file)
    set(names "")
    file(STRINGS "${file}" lines REGEX "^\\.(Nm |Nd|Sh )")
    foreach(line IN LISTS lines)
        if(line MATCHES "^\\.Nd" OR line MATCHES "^\\.Sh SYNOPSIS")
            break()
        elseif(line MATCHES "^\\.Nm +([A-Za-z0-9_]+)")
            list(APPEND names ${CMAKE_MATCH_1})
        endif()
    endforeach()
    set(${variable} "${names}" PARENT_SCOPE)
endfunction()

function(trivet_install_man_pages)
    file(GLOB pages CONFIGURE_DEPENDS docs/man/*.[0-9]*)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages}) # the names in them
    set(links "${PROJECT_BINARY_DIR}/man-links")
    file(REMOVE_RECURSE "${links}")
    foreach(page IN LISTS pages)
        get_filename_component(file "${page}" NAME)
        string(REGEX REPLACE "^.*\\.(([0-9])[a-z]*)$" "\\1;\\2" section "${file}")
        list(GET section 1 digit)
        list(GET section 0 section)
        install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${digit}")
        trivet_man_names(names "${page}")
        foreach(name IN LISTS names)
            if(NOT EXISTS "${PROJECT_SOURCE_DIR}/docs/man/${name}.${section}")
                file(MAKE_DIRECTORY "${links}/man${digit}")
                file(CREATE_LINK "${file}" "${links}/man${digit}/${name}.${section}" SYMBOLIC)
            endif()
        endforeach()
    endforeach()
    if(EXISTS "${links}")
        install(DIRECTORY "${links}/" DESTINATION "${CMAKE_INSTALL_MANDIR}")
    endif()

    find_package(Python3 COMPONENTS Interpreter)
    if(Python3_Interpreter_FOUND)
        add_custom_target(man-html COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/tools/make-man-html"
            "${PROJECT_BINARY_DIR}/man-html" VERBATIM COMMENT "Man pages as HTML: man-html/index.html")
    endif()
endfunction()
