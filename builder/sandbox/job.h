/* A step as the helper's side owns it, made from the caller's struct sandbox_step over a socket. */
#ifndef SANDBOX_JOB_H
#define SANDBOX_JOB_H

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "sandbox/sandbox.h"

struct job {
	struct strvec lowers, argv, env;
	char *upper, *work; /* upper NULL = the root is read-only */
	char *cwd, *user;   /* user NULL = root */
	char *hostname;
	struct sandbox_mounts mounts;
	enum sandbox_network network;
	bool insecure;
	struct step_options options;
	struct strmap scripts;
};

#define JOB_INIT              \
	{                     \
		.upper = NULL \
	}

/* What a step must have: argv, absolute paths, an upper with its work. */
WARN_UNUSED int job_check(const struct sandbox_step *step, struct err *err);
void job_encode(const struct sandbox_step *step, struct str *out);
/* `job` is empty before; released by the caller also after an error. */
WARN_UNUSED int job_decode(struct span message, struct job *job, struct err *err);
void job_release(struct job *job);

#endif
