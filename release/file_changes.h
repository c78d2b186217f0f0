/* What differs between the files of two images. */
#ifndef FILE_CHANGES_H
#define FILE_CHANGES_H

#include "image/layer_index.h"
#include "release/difference.h"

/* Appends what differs between what the layers of the older and of the newer image say, both above the same ones. */
void file_changes_compare(struct layer_index *before, struct layer_index *after,
			  struct file_changes *ret);
void platform_files_release(struct platform_files *files);

#endif
