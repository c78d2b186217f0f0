/* Media types and annotations of a release. */
#ifndef MEDIA_H
#define MEDIA_H

#define ARTIFACT_TYPE "application/vnd.docker.compose.project"
#define MEDIA_EMPTY   "application/vnd.oci.empty.v1+json"
#define MEDIA_FILE    "application/vnd.docker.compose.file+yaml"
#define KEY_FILE      "com.docker.compose.file"

/* OCI image-spec, annotations.md */
#define KEY_VERSION  "org.opencontainers.image.version"
#define KEY_REVISION "org.opencontainers.image.revision"
#define KEY_CREATED  "org.opencontainers.image.created"
#define KEY_AUTHORS  "org.opencontainers.image.authors"

#define KEY_NOTE   "io.edgectl.release.note"
#define KEY_DIRTY  "io.edgectl.release.dirty"
#define KEY_PARENT "io.edgectl.release.parent"
#define KEY_TAG    "io.edgectl.release.tag." /* and the tag's own */

#endif
