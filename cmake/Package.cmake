# What is installed besides the program, and the Debian package: `cmake --workflow --preset package` makes it.
install(FILES README.md packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/changelog DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md" PATTERN "*.json" PATTERN man EXCLUDE)
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
# The program has them compiled in; these are to be read and copied by whoever writes one of his own.
install(DIRECTORY templates/projects/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/templates PATTERN _existing EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME edgectl)
set(CPACK_PACKAGE_CONTACT "edgectl maintainers <maintainers@edgectl.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "build, push and live-sync containers for ARM boards")
set(CPACK_PACKAGE_DESCRIPTION
  "edgectl cross-builds container images for ARM boards on an x86 workstation,
with QEMU user mode and without a daemon or root, pushes them to the
registry that a fleet pulls from, and keeps a board in sync with the source
tree while one edits. It reads Dockerfiles and compose files.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/packaging/stage.cmake)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/packaging/deb.cmake)
set(CPACK_EDGE_BINARY_DIR ${CMAKE_BINARY_DIR})

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
# Foreign programs, the ids of an ordinary user's builds, HTTPS, boards and git over ssh. Each of them has its own error
# message with the remedy where it is missing.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qemu-user-static, uidmap, ca-certificates, openssh-client")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "docker.io, bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
include(CPack)
