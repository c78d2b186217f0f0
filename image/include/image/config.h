/*
 * The image config (OCI image-spec, config.md, and Docker's additions: Healthcheck, OnBuild, Shell, ArgsEscaped). Members
 * that we do not know are kept from the base image and written back.
 */
#ifndef IMAGE_CONFIG_H
#define IMAGE_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/digest.h"
#include "image/platform.h"

struct history_entry {
	char *created;                       /* RFC 3339 */
	char *created_by, *comment, *author; /* NULL = absent */
	bool empty_layer;
};

struct history {
	struct history_entry *items;
	size_t len, cap;
};

/* Durations in nanoseconds, 0 = inherit. */
struct healthcheck {
	bool is_set;
	struct strvec test; /* {"NONE"}, {"CMD", ...} or {"CMD-SHELL", text} */
	int64_t interval, timeout, start_period, start_interval;
	int64_t retries;
};

struct digests {
	struct digest *items;
	size_t len, cap;
};

struct image_config {
	struct platform platform;
	char *os_version;
	char *created, *author; /* NULL = absent */

	/* the runtime part, "config" in the file */
	char *user, *working_dir, *stop_signal; /* NULL = unset */
	struct strmap env;
	struct strmap labels, exposed_ports, volumes; /* the last two are sets: values NULL */
	struct strvec entrypoint, cmd, shell, on_build;
	bool entrypoint_is_set, cmd_is_set; /* an empty list differs from none */
	struct healthcheck healthcheck;

	struct digests diff_ids; /* lowest first */
	struct history history;

	json_t *unknown;        /* members of the file that are not above; owned */
	json_t *unknown_config; /* the same of its "config" */
};

void image_config_init(struct image_config *config);
void image_config_release(struct image_config *config);
void image_config_copy(struct image_config *dst, const struct image_config *src);
WARN_UNUSED int image_config_parse(struct span text, struct image_config *ret, struct err *err);
/* Shortest JSON, fixed order of keys, maps sorted: the same values, the same bytes. */
void image_config_write(const struct image_config *config, struct str *out);
void image_config_add_history(struct image_config *config, const char *created,
			      const char *created_by, const char *comment, bool empty_layer);
/* RFC 3339 in UTC with seconds ("2026-01-02T03:04:05Z"); `buf` holds 32 bytes; returns buf. */
const char *rfc3339_format(time_t when, char *buf);

#endif
