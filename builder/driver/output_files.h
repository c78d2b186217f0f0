/* Outputs that are the files of images, all layers merged: a directory, a tar. */
#ifndef DRIVER_OUTPUT_FILES_H
#define DRIVER_OUTPUT_FILES_H

#include "base/err.h"
#include "output.h"

/*
 * local: files of the directory belong to whoever builds, without set-id bits and extended attributes; what is there
 * already and not in the image stays. Devices are made where the kernel allows it.
 * tar: owners, modes and attributes as in the image.
 * With SOURCE_DATE_EPOCH all files have that time. Several platforms: `linux_arm64/...`, or all in one; ERR_INPUT when
 * two have the same file then.
 */
WARN_UNUSED int output_files_write(const struct output_job *job, const struct build_output *output,
				   struct err *err);

#endif
