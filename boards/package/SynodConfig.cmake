# find_package(Synod): the installed library where there is one beside this file, else the archive that this file lies in, compiled by the
# project that asks, with its compiler and flags.

include("${CMAKE_CURRENT_LIST_DIR}/SynodEmbed.cmake")
if(NOT TARGET Synod::synod)
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/SynodTargets.cmake")
    include("${CMAKE_CURRENT_LIST_DIR}/SynodTargets.cmake")
  else()
    add_subdirectory("${CMAKE_CURRENT_LIST_DIR}/.." "${CMAKE_BINARY_DIR}/synod" EXCLUDE_FROM_ALL)
  endif()
endif()
