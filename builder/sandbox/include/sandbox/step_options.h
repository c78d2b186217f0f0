/*
 * What all RUN steps of a build have in common: limits, names, memory, network. Each option is parsed by a function of its
 * own, from the text that `docker build` takes; compose files give the same texts.
 *
 *	AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;
 *
 *	step_options_add_limit(&options, "nofile=1024:4096", err);
 *	step_options_add_host(&options, "registry.lab:10.0.0.2", err);
 */
#ifndef SANDBOX_STEP_OPTIONS_H
#define SANDBOX_STEP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/vec.h"

enum sandbox_network { SANDBOX_NETWORK_HOST, SANDBOX_NETWORK_NONE };

#define STEP_UNLIMITED UINT64_MAX

/* setrlimit(2) */
struct step_limit {
	int resource; /* RLIMIT_NOFILE */
	uint64_t soft, hard;
};

/* A line of /etc/hosts. */
struct step_host {
	char *name, *address;
};

struct step_options {
	struct {
		struct step_limit *items;
		size_t len, cap;
	} limits;
	struct {
		struct step_host *items;
		size_t len, cap;
	} hosts;
	struct strvec dns;            /* addresses; none = the host's resolv.conf */
	uint64_t shm_size;            /* of /dev/shm, bytes; 0 = 64 MiB */
	enum sandbox_network network; /* of a RUN without --network */
	bool allow_insecure;          /* RUN --security=insecure is not refused */
};

#define STEP_OPTIONS_INIT                                      \
	{                                                      \
		.shm_size = 0, .network = SANDBOX_NETWORK_HOST \
	}

void step_options_release(struct step_options *options);

/* All of these: ERR_USAGE with the text and what would be right. */

/* "NAME=SOFT[:HARD]", as getrlimit(2) names them without RLIMIT_, in lower case; -1 = no limit. The last one of a name counts. */
WARN_UNUSED int step_options_add_limit(struct step_options *options, const char *text,
				       struct err *err);
/* "NAME:ADDRESS" or "NAME=ADDRESS"; IPv6 with or without brackets; "host-gateway" = this machine. */
WARN_UNUSED int step_options_add_host(struct step_options *options, const char *text,
				      struct err *err);
/* "ADDRESS" of a name server. */
WARN_UNUSED int step_options_add_dns(struct step_options *options, const char *text,
				     struct err *err);
/* "64m": bytes, or a number with b, k, m or g. */
WARN_UNUSED int step_options_set_shm_size(struct step_options *options, const char *text,
					  struct err *err);
/* "default", "host" or "none". */
WARN_UNUSED int step_options_set_network(struct step_options *options, const char *text,
					 struct err *err);
/* "security.insecure" or "network.host", which needs no permission here. */
WARN_UNUSED int step_options_allow(struct step_options *options, const char *text, struct err *err);

/* "nofile" of RLIMIT_NOFILE, for messages. */
const char *step_limit_name(int resource);

#endif
