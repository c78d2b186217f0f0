#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "elf_file.h"

#define SCRIPT_LINE_MAX 256 /* BINPRM_BUF_SIZE of the kernel */

static const char *variable(const struct strvec *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = env->len; i > 0; i--)
		if (!strncmp(env->items[i - 1], name, len) && env->items[i - 1][len] == '=')
			return env->items[i - 1] + len + 1;
	return NULL;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static int explain_not_found(const char *name, const char *path, struct err *err)
{
	(void)err_set(err, ERR_NOT_FOUND, "executable '%s' not found in PATH of the image (%s)",
		      name, path);
	return err_hint(err, "install it in an earlier step, or name it by its full path");
}

static int explain_missing(const char *name, struct err *err)
{
	struct stat st;

	if (lstat(name, &st) < 0) {
		(void)err_set(err, ERR_NOT_FOUND, "executable '%s' not found in the image", name);
		if (str_has_suffix(name, "sh"))
			return err_hint(err, "the shell form of RUN needs a shell: use RUN "
					     "[\"program\", \"word\"], or "
					     "another SHELL");
		return -1;
	}
	if (stat(name, &st) < 0)
		return err_set(err, ERR_NOT_FOUND,
			       "executable '%s' is a link to nothing in the image", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "executable '%s' is not a file", name);
	(void)err_set(err, ERR_DENIED, "executable '%s' has no execute permission in the image",
		      name);
	return err_hint(err, "chmod +x it, or COPY it with --chmod=755");
}

static int find(const char *name, const struct strvec *env, char **ret, struct err *err)
{
	const char *path = variable(env, "PATH");
	struct span rest = span_of(path ? path : PROGRAM_DEFAULT_PATH);
	struct span dir;

	if (strchr(name, '/')) {
		*ret = xstrdup(name);
		return is_program(name) ? 0 : explain_missing(name, err);
	}
	while (rest.len && *name) {
		AUTO(freep) char *base = NULL;
		AUTO(freep) char *candidate = NULL;

		(void)span_cut(&rest, ':', &dir);
		base = dir.len ? span_dup(dir) : xstrdup(".");
		candidate = path_join(base, name);
		if (is_program(candidate)) {
			*ret = TAKE(candidate);
			return 0;
		}
	}
	return explain_not_found(name, path ? path : PROGRAM_DEFAULT_PATH, err);
}

/* The word behind "#!"; NULL when it is no script. */
static char *script_interpreter(int fd)
{
	char line[SCRIPT_LINE_MAX];
	ssize_t len = pread(fd, line, sizeof(line), 0);
	struct span text = { line, len > 0 ? (size_t)len : 0 };
	struct span word;

	if (!span_has_prefix(text, "#!"))
		return NULL;
	(void)span_cut(&text, '\n', &word);
	word.ptr += 2;
	word.len -= 2;
	text = span_trim(word);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == ' ' || text.ptr[i] == '\t' || text.ptr[i] == '\r')
			text.len = i;
	return span_dup(text);
}

static int check_script(const char *path, const char *interpreter, struct err *err)
{
	if (access(interpreter, F_OK) == 0)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		       "script '%s' wants the interpreter '%s', which is not in the image", path,
		       interpreter);
}

static int check_loader(const char *path, const struct elf *elf, struct err *err)
{
	if (!elf->loader || access(elf->loader, F_OK) == 0)
		return 0;
	(void)err_set(err, ERR_NOT_FOUND, "'%s' wants the loader '%s', which is not in the image",
		      path, elf->loader);
	return err_hint(err, "it was linked for another C library or another system: link it "
			     "statically, or use the "
			     "base image that it was built on");
}

/* What would end in a bare ENOENT, or in an emulator's own words. */
static int check_needs(const char *path, struct err *err)
{
	AUTO(elf_release) struct elf elf = { .loader = NULL };
	AUTO(freep) char *interpreter = NULL;
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0; /* executable but not readable: the kernel may know more */
	if (elf_read(fd, &elf))
		return check_loader(path, &elf, err);
	interpreter = script_interpreter(fd);
	return interpreter ? check_script(path, interpreter, err) : 0;
}

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{ EM_ARM, "arm" },    { EM_AARCH64, "arm64" }, { EM_X86_64, "amd64" },
		{ EM_386, "386" },    { EM_RISCV, "riscv" },   { EM_PPC64, "ppc64" },
		{ EM_S390, "s390x" }, { EM_MIPS, "mips" },     { EM_LOONGARCH, "loong64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another processor";
}

static int explain_format(const char *path, struct err *err)
{
	AUTO(elf_release) struct elf elf = { .loader = NULL };
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && elf_read(fd, &elf)) {
		(void)err_set(err, ERR_INPUT,
			      "'%s' is a program for %s, which this step's platform cannot run",
			      path, machine_name(elf.machine));
		return err_hint(err,
				"give the right --platform, or the base image of the right one");
	}
	(void)err_set(err, ERR_INPUT,
		      "'%s' is neither a program nor a script that starts with '#!'", path);
	return err_hint(err, "start it with '#!/bin/sh', or run it as [\"/bin/sh\", \"%s\"]", path);
}

static int explain_exec(const char *path, bool foreign, struct err *err)
{
	if (errno == ENOEXEC)
		return explain_format(path, err);
	if (errno == E2BIG)
		return err_set(err, ERR_LIMIT,
			       "arguments and environment of '%s' are longer than the kernel takes",
			       path);
	/* The interpreter of binfmt_misc is opened at registration, so ENOENT is not about that one. */
	return err_errno(err, foreign ? "start '%s' under emulation" : "start '%s'", path);
}

int program_exec(struct strvec *argv, struct strvec *env, bool foreign, struct err *err)
{
	AUTO(freep) char *path = NULL;

	if (find(argv->items[0], env, &path, err) < 0 || check_needs(path, err) < 0)
		return -1;
	(void)execve(path, strvec_argv(argv), strvec_argv(env));
	return explain_exec(path, foreign, err);
}
