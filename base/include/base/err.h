/*
 * The error object. Every function that can fail takes `struct err *err` last, returns 0 when it
 * worked and -1 when it did not, and on failure has filled err exactly once:
 *
 *	if (blob_open(store, digest, &fd, err) < 0)
 *		return err_wrap(err, "push layer %s", digest);
 *
 * Messages: lower case, no full stop, subjects in 'single quotes', the cause last. The low layer
 * says what failed, the upper layers say with which object. A hint is a separate sentence with the
 * remedy, best a command to run. All setters return -1 so that they can end a function. A NULL err
 * is allowed for a caller that decides by the return value alone.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#include "base/attr.h"

/* For decisions only; the user reads message and hint. */
enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE, /* wrong words on the command line */
	ERR_INPUT, /* the user's file is wrong */
	ERR_NOT_FOUND,
	ERR_DENIED,      /* permission, by the kernel or by a registry */
	ERR_AUTH,        /* credentials are missing or wrong */
	ERR_NETWORK,     /* the connection, not what was said over it */
	ERR_PROTOCOL,    /* the peer said something that it must not */
	ERR_DIGEST,      /* content is not what its name says */
	ERR_LIMIT,       /* a bound of base/limits.h or of the machine */
	ERR_UNSUPPORTED, /* by this kernel, this machine or this version */
	ERR_CHILD,       /* a program that we ran failed */
	ERR_CANCELLED,   /* the user stopped it */
	ERR_SYSTEM,      /* any other failed system call */
};

/* A place in a text that the user wrote. Lines and columns count from 1; 0 = unknown. */
struct source_span {
	char *file; /* name as the user knows it; owned */
	unsigned line, column;
	unsigned length;    /* in bytes, for the underline; 0 = a caret only */
	unsigned last_line; /* of what it is about; 0 = `line` */
};

struct err {
	enum err_kind kind;
	int errnum;       /* errno of the failed call, 0 = none */
	int child_status; /* ERR_CHILD: exit status of the program, 128 + signal if it was killed */
	char *message;
	char *hint; /* NULL = none */
	struct source_span span;
};

#define ERR_INIT                 \
	{                        \
		.kind = ERR_NONE \
	}

void err_release(struct err *err);
/* Release and make usable again. */
void err_clear(struct err *err);
/* Move: dst receives what src holds, src is empty afterwards. */
void err_move(struct err *dst, struct err *src);

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_setv(struct err *err, enum err_kind kind, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
/*
 * Appends ": " and what strerror(errno) says, begun in lower case; keeps errno. The kind follows
 * errno (ENOENT is NOT_FOUND, EACCES is DENIED ...).
 */
int err_errno(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for an errno kept in a variable. */
int err_errnum(struct err *err, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the message. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets the hint unless a lower layer already gave one. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets the place; file is copied. */
int err_at(struct err *err, const char *file, unsigned line, unsigned column, unsigned length);

/* The kind's name as `--json` prints it ("not-found"); never NULL. */
const char *err_kind_name(enum err_kind kind);

#endif
