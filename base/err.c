#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

void err_release(struct err *err)
{
	if (!err)
		return;
	free(err->message);
	free(err->hint);
	free(err->span.file);
	*err = (struct err)ERR_INIT;
}

void err_clear(struct err *err)
{
	err_release(err);
}

void err_move(struct err *dst, struct err *src)
{
	if (dst == src)
		return;
	if (!dst) {
		err_release(src);
		return;
	}
	err_release(dst);
	*dst = *src;
	*src = (struct err)ERR_INIT;
}

static char *format(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);
static char *format(const char *fmt, va_list ap)
{
	struct str s = STR_INIT;

	str_addv(&s, fmt, ap);
	return str_detach(&s);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_setv(err, kind, fmt, ap);
	va_end(ap);
	return -1;
}

int err_setv(struct err *err, enum err_kind kind, const char *fmt, va_list ap)
{
	char *message = NULL;

	if (!err)
		return -1;
	/* Formatted first: the arguments may point into the old error. */
	message = format(fmt, ap);
	err_release(err);
	err->kind = kind;
	err->message = message;
	return -1;
}

static enum err_kind kind_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT: return ERR_NOT_FOUND;
	case EACCES:
	case EPERM: return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EMFILE:
	case ENFILE:
	case ENOMEM: return ERR_LIMIT;
	case ENOSYS:
	case EOPNOTSUPP: return ERR_UNSUPPORTED;
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETUNREACH:
	case ETIMEDOUT: return ERR_NETWORK;
	case ECANCELED: return ERR_CANCELLED;
	default: return ERR_SYSTEM;
	}
}

/* The system's words for it, begun in lower case as all our messages are. */
static void add_cause(struct str *s, int errnum)
{
	const char *cause = strerrordesc_np(errnum);

	if (!cause) {
		str_addf(s, ": error %d", errnum);
		return;
	}
	str_add(s, ": ");
	if (isupper((unsigned char)cause[0]) && islower((unsigned char)cause[1]))
		str_addc(s, (char)tolower((unsigned char)*cause++));
	str_add(s, cause);
}

static void set_errnum(struct err *err, int errnum, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
static void set_errnum(struct err *err, int errnum, const char *fmt, va_list ap)
{
	struct str s = STR_INIT;

	if (!err)
		return;
	str_addv(&s, fmt, ap);
	add_cause(&s, errnum);
	err_release(err);
	err->kind = kind_of_errno(errnum);
	err->errnum = errnum;
	err->message = str_detach(&s);
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;

	va_start(ap, fmt);
	set_errnum(err, errnum, fmt, ap);
	va_end(ap);
	errno = errnum;
	return -1;
}

int err_errnum(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_errnum(err, errnum, fmt, ap);
	va_end(ap);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	if (err->message) {
		str_add(&s, ": ");
		str_add(&s, err->message);
	}
	free(err->message);
	err->message = str_detach(&s);
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->hint)
		return -1;
	va_start(ap, fmt);
	err->hint = format(fmt, ap);
	va_end(ap);
	return -1;
}

int err_at(struct err *err, const char *file, unsigned line, unsigned column, unsigned length)
{
	char *copy = NULL;

	if (!err)
		return -1;
	copy = xstrdup_or_null(file);
	free(err->span.file);
	err->span = (struct source_span){
		.file = copy, .line = line, .column = column, .length = length
	};
	return -1;
}

const char *err_kind_name(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE: return "none";
	case ERR_USAGE: return "usage";
	case ERR_INPUT: return "input";
	case ERR_NOT_FOUND: return "not-found";
	case ERR_DENIED: return "denied";
	case ERR_AUTH: return "auth";
	case ERR_NETWORK: return "network";
	case ERR_PROTOCOL: return "protocol";
	case ERR_DIGEST: return "digest";
	case ERR_LIMIT: return "limit";
	case ERR_UNSUPPORTED: return "unsupported";
	case ERR_CHILD: return "child";
	case ERR_CANCELLED: return "cancelled";
	case ERR_SYSTEM: return "system";
	}
	return "unknown";
}
