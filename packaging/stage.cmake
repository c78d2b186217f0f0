# Run by cpack when the files of the package are in their places: what Debian has elsewhere, and compressed.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)

file(MAKE_DIRECTORY ${share}/zsh/vendor-completions)
file(RENAME ${share}/zsh/site-functions/_edgectl ${share}/zsh/vendor-completions/_edgectl)
file(REMOVE_RECURSE ${share}/zsh/site-functions)

file(GLOB pages ${share}/man/man*/*)
execute_process(COMMAND gzip --best --no-name --force ${pages} ${share}/doc/edgectl/changelog COMMAND_ERROR_IS_FATAL ANY)

# Whatever the umask of whoever calls cpack is, /usr is for everybody.
file(CHMOD_RECURSE ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
