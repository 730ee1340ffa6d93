# A module's bytes in a target: synod_embed(target [FILE.wasm]), and `cmake -DWASM=FILE -DOUT=FILE.c -P SynodEmbed.cmake`, which it runs.
#
#   FILE.wasm ──> TARGET.synod_module.c: synod_module[], synod_module_size, as synod_module.h declares them
#
# Without FILE it is the module of this release. Rule: made anew whenever FILE changes; what is no module stops the build.

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${WASM}" bytes HEX)
  if(NOT bytes MATCHES "^0061736d01000000")
    message(FATAL_ERROR "${WASM} is no WebAssembly module")
  endif()
  file(SHA256 "${WASM}" sum)
  file(SIZE "${WASM}" size)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE "${OUT}" "// Made of ${WASM}, SHA-256 ${sum}\n#include \"synod_module.h\"\n"
                      "const uint8_t synod_module[] = {\n${bytes}};\nconst uint32_t synod_module_size = ${size};\n")
  return()
endif()

set(SYNOD_EMBED "${CMAKE_CURRENT_LIST_FILE}")
foreach(place "${CMAKE_CURRENT_LIST_DIR}/device.wasm" "${CMAKE_CURRENT_LIST_DIR}/../module/device.wasm")
  if(EXISTS "${place}")
    get_filename_component(SYNOD_MODULE "${place}" ABSOLUTE)
  endif()
endforeach()
set_property(GLOBAL PROPERTY SYNOD_EMBED "${SYNOD_EMBED}")
set_property(GLOBAL PROPERTY SYNOD_MODULE "${SYNOD_MODULE}")

function(synod_embed target)
  get_property(script GLOBAL PROPERTY SYNOD_EMBED)
  get_property(wasm GLOBAL PROPERTY SYNOD_MODULE)
  if(ARGC GREATER 1)
    get_filename_component(wasm "${ARGV1}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  set(out "${CMAKE_CURRENT_BINARY_DIR}/${target}.synod_module.c")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" "-DWASM=${wasm}" "-DOUT=${out}" -P "${script}"
    DEPENDS "${wasm}" "${script}"
    COMMENT "Embedding ${wasm}"
    VERBATIM)
  target_sources(${target} PRIVATE "${out}")
endfunction()
