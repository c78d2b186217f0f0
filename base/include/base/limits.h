/*
 * Bounds on everything that comes from outside. Exceeding one is ERR_LIMIT with a message that
 * names it.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define LIMIT_KIB ((size_t)1024)
#define LIMIT_MIB (1024 * LIMIT_KIB)

#define LIMIT_JSON_DEPTH       64
#define LIMIT_MANIFEST         (4 * LIMIT_MIB) /* what distribution accepts */
#define LIMIT_CONFIG           (4 * LIMIT_MIB)
#define LIMIT_TOKEN            (1 * LIMIT_MIB) /* a token server's answer */
#define LIMIT_ERROR_BODY       (1 * LIMIT_MIB)
#define LIMIT_HTTP_HEADER      (64 * LIMIT_KIB) /* one header line */
#define LIMIT_DOCKERFILE       (16 * LIMIT_MIB)
#define LIMIT_DOCKERFILE_LINE  65535 /* as BuildKit: one physical line */
#define LIMIT_INSTRUCTIONS     50000 /* of a Dockerfile */
#define LIMIT_STAGES           5000
#define LIMIT_IGNORE_FILE      (16 * LIMIT_MIB)
#define LIMIT_PASSWD           (10 * LIMIT_MIB) /* passwd and group of an image, as BuildKit */
#define LIMIT_CONFIG_FILE      (4 * LIMIT_MIB)  /* docker's config.json, ours */
#define LIMIT_YAML             (1 * LIMIT_MIB)
#define LIMIT_YAML_DEPTH       64
#define LIMIT_YAML_ALIAS_NODES 100000 /* nodes that aliases add to a document */
#define LIMIT_TEMPLATE_FILE \
	(4 * LIMIT_MIB)               /* of a project template, before and after it is rendered */
#define LIMIT_TEMPLATE_FILES 1000     /* in one */
#define LIMIT_LAYERS         125      /* overlayfs lower directories, as Docker */
#define LIMIT_LAYER_ENTRIES  10000000 /* files in one layer */
#define LIMIT_COMPARED_FILES 1000000  /* that release diff keeps of one image */
#define LIMIT_LAYER_SIZE     ((uint64_t)64 << 30) /* unpacked bytes of one layer */
#define LIMIT_LAYER_PATH     (32 * LIMIT_KIB)     /* of a file in a layer: PATH_MAX, eight times */
#define LIMIT_DIAGS          20
#define LIMIT_HELPER_OUTPUT  (1 * LIMIT_MIB) /* credential helpers and other short programs */

#endif
