# SPDX-License-Identifier: MIT
#
# Reads docs/packages.md, the one table of package names, for messages that say what to install.

# Sets `out` to lines "  <backend>: <packages> (Debian, Ubuntu), ..." for the backends named.
function(trivet_packages_of_backends out)
    file(STRINGS "${PROJECT_SOURCE_DIR}/docs/packages.md" rows REGEX "^[|] ")
    set(text "")
    set(distributions "")
    foreach(row IN LISTS rows)
        string(REGEX REPLACE "^[|] *| *[|]$" "" row "${row}")
        string(REGEX REPLACE " *[|] *" ";" cells "${row}")
        list(POP_FRONT cells for what)
        if(for STREQUAL "For")
            set(distributions "${cells}")
        elseif(for IN_LIST ARGN)
            string(APPEND text "  ${for}:")
            foreach(distribution packages IN ZIP_LISTS distributions cells)
                string(APPEND text "  ${distribution}: ${packages};")
            endforeach()
            string(APPEND text "\n")
        endif()
    endforeach()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()
