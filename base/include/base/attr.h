/* Attributes and small macros that every room uses. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

#define WARN_UNUSED       __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define UNUSED            __attribute__((unused))

/*
 * AUTO(fn) runs fn(&variable) when the variable leaves its scope. Every owned local carries one and
 * is initialised where it is declared:
 *
 *	AUTO(fd_closep) int fd = -1;
 *	AUTO(freep) char *name = NULL;
 */
#define AUTO(fn) __attribute__((cleanup(fn)))

/* TAKE(p) yields the pointer p and leaves NULL in it: ownership moves to whoever receives it. */
#define TAKE(p)                                          \
	__extension__({                                  \
		__typeof__(p) *take_from_ = &(p);        \
		__typeof__(p) take_value_ = *take_from_; \
		*take_from_ = NULL;                      \
		take_value_;                             \
	})

/* TAKE_FD(fd) is TAKE for file descriptors; -1 stands for none. */
#define TAKE_FD(fd)                            \
	__extension__({                        \
		int *take_from_ = &(fd);       \
		int take_value_ = *take_from_; \
		*take_from_ = -1;              \
		take_value_;                   \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
