#include "image/platform.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/utsname.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/str.h"

/* GOOS and GOARCH, which are what images say, as far as images of them exist. */
static const char *const known_os[] = { "linux",   "windows", "darwin", "freebsd",
					"openbsd", "netbsd",  "wasip1", NULL };
static const char *const known_arch[] = { "386",     "amd64",   "arm",      "arm64",  "loong64",
					  "mips",    "mips64",  "mips64le", "mipsle", "ppc64",
					  "ppc64le", "riscv64", "s390x",    "wasm",   NULL };

/* What people and other tools call them; a variant of NULL leaves the variant as it was given. */
static const struct alias {
	const char *name, *arch, *variant;
} aliases[] = {
	{ "i386", "386", "" },        { "i486", "386", "" },
	{ "i586", "386", "" },        { "i686", "386", "" },
	{ "x86_64", "amd64", NULL },  { "x86-64", "amd64", NULL },
	{ "aarch64", "arm64", NULL }, { "armhf", "arm", "v7" },
	{ "armel", "arm", "v6" },     { "armv5l", "arm", "v5" },
	{ "armv6l", "arm", "v6" },    { "armv7l", "arm", "v7" },
	{ "armv8l", "arm", "v7" },    { "armv5", "arm", "v5" },
	{ "armv6", "arm", "v6" },     { "armv7", "arm", "v7" },
	{ "armv7hf", "arm", "v7" },   { "loongarch64", "loong64", NULL },
};

static void set_field(char field[32], const char *value)
{
	size_t i = 0;

	for (; value && value[i] && i < 31; i++)
		field[i] = (char)tolower((unsigned char)value[i]);
	field[i] = '\0';
}

static bool is_in(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static void normalise_arch(struct platform *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strcmp(p->arch, aliases[i].name) == 0) {
			set_field(p->arch, aliases[i].arch);
			if (aliases[i].variant)
				set_field(p->variant, aliases[i].variant);
			return;
		}
}

/* "7" is "v7"; what goes without saying is left out, except that 32-bit ARM always says which. */
static void normalise_variant(struct platform *p)
{
	char number[31];

	if (isdigit((unsigned char)p->variant[0])) {
		memcpy(number, p->variant, sizeof(number) - 1);
		number[sizeof(number) - 1] = '\0';
		snprintf(p->variant, sizeof(p->variant), "v%s", number);
	}
	if (strcmp(p->arch, "arm") == 0 && p->variant[0] == '\0')
		set_field(p->variant, "v7");
	else if ((strcmp(p->arch, "arm64") == 0 && strcmp(p->variant, "v8") == 0) ||
		 (strcmp(p->arch, "amd64") == 0 && strcmp(p->variant, "v1") == 0))
		p->variant[0] = '\0';
}

void platform_set(struct platform *platform, const char *os, const char *arch, const char *variant)
{
	struct platform p = { .os = "" };

	set_field(p.os, os);
	set_field(p.arch, arch);
	set_field(p.variant, variant);
	if (strcmp(p.os, "macos") == 0)
		set_field(p.os, "darwin");
	normalise_arch(&p);
	normalise_variant(&p);
	*platform = p;
}

static int check_word(struct span word, struct err *err)
{
	if (word.len == 0)
		return err_set(err, ERR_INPUT, "a part of it is empty");
	if (word.len > 31)
		return err_set(err, ERR_INPUT, "'%.*s' is too long", SPAN_FMT(word));
	for (size_t i = 0; i < word.len; i++)
		if (!isalnum((unsigned char)word.ptr[i]) && !strchr("_.-", word.ptr[i]))
			return err_set(err, ERR_INPUT, "'%.*s' is not a name", SPAN_FMT(word));
	return 0;
}

static bool is_known_arch(const char *word)
{
	struct platform p;

	platform_set(&p, "linux", word, "");
	return is_in(known_arch, p.arch);
}

static int check_arch(const struct platform *p, struct err *err)
{
	const char *nearest;

	if (is_in(known_arch, p->arch))
		return 0;
	err_set(err, ERR_INPUT, "unknown architecture '%s'", p->arch);
	nearest = suggest(p->arch, known_arch);
	if (nearest)
		return err_hint(err, "did you mean '%s'?", nearest);
	return err_hint(err, "boards have 'linux/arm64', 'linux/arm/v7' or 'linux/arm/v6'");
}

/* One to three words: os/arch/variant, os/arch, arch/variant, arch, os. */
static int from_words(char words[3][32], size_t count, struct platform *ret, struct err *err)
{
	struct platform host, p;

	platform_host(&host);
	if (count == 3) {
		platform_set(&p, words[0], words[1], words[2]);
	} else if (is_known_arch(words[0])) {
		platform_set(&p, "linux", words[0], count == 2 ? words[1] : "");
	} else if (count == 2) {
		platform_set(&p, words[0], words[1], "");
	} else if (is_in(known_os, words[0])) {
		platform_set(&p, words[0], host.arch, host.variant);
	} else {
		platform_set(&p, "linux", words[0], "");
	}
	if (!is_in(known_os, p.os)) {
		err_set(err, ERR_INPUT, "unknown operating system '%s'", p.os);
		return err_hint(err, "images for boards are of 'linux'");
	}
	if (check_arch(&p, err) < 0)
		return -1;
	*ret = p;
	return 0;
}

int platform_parse(const char *text, struct platform *ret, struct err *err)
{
	struct span rest = span_of(text), word;
	char words[3][32] = { "", "", "" };
	size_t count = 0;
	bool more = true;

	while (more) {
		more = span_cut(&rest, '/', &word);
		if (count == ARRAY_SIZE(words)) {
			err_set(err, ERR_INPUT, "platform '%.100s': too many parts", text);
			return err_hint(err, "a platform is OS/ARCH or OS/ARCH/VARIANT");
		}
		if (check_word(word, err) < 0)
			return err_wrap(err, "platform '%.100s'", text);
		for (size_t i = 0; i < word.len; i++)
			words[count][i] = (char)tolower((unsigned char)word.ptr[i]);
		words[count++][word.len] = '\0';
	}
	if (from_words(words, count, ret, err) < 0)
		return err_wrap(err, "platform '%.100s'", text);
	return 0;
}

static bool list_has(const struct platform *list, size_t count, const struct platform *p)
{
	for (size_t i = 0; i < count; i++)
		if (platform_equal(&list[i], p))
			return true;
	return false;
}

int platform_parse_list(const char *text, struct platform **ret, size_t *ret_count, struct err *err)
{
	struct {
		struct platform *items;
		size_t len, cap;
	} list = { .items = NULL };
	struct span rest = span_of(text), word;
	struct platform p;
	bool more = true;

	while (more) {
		more = span_cut(&rest, ',', &word);
		AUTO(freep) char *one = span_dup(span_trim(word));
		if (platform_parse(one, &p, err) < 0) {
			free(list.items);
			return -1;
		}
		if (!list_has(list.items, list.len, &p))
			*VEC_ADD(&list) = p;
	}
	*ret = list.items;
	*ret_count = list.len;
	return 0;
}

const char *platform_format(const struct platform *platform, char *buf)
{
	snprintf(buf, PLATFORM_TEXT_MAX, "%s/%s%s%s", platform->os, platform->arch,
		 platform->variant[0] ? "/" : "", platform->variant);
	return buf;
}

bool platform_equal(const struct platform *a, const struct platform *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 &&
	       strcmp(a->variant, b->variant) == 0;
}

/* The level that a variant stands for, where a greater one runs the lesser; -1 = not such a variant. */
static int variant_level(const struct platform *p)
{
	const char *digits = p->variant + 1;

	if (p->variant[0] == '\0')
		return strcmp(p->arch, "arm64") == 0 ? 8 : 1;
	if (p->variant[0] != 'v' || !isdigit((unsigned char)*digits) || digits[1] != '\0')
		return -1;
	return *digits - '0';
}

int platform_match(const struct platform *have, const struct platform *want)
{
	int have_level, want_level;

	if (strcmp(have->os, want->os) != 0 || strcmp(have->arch, want->arch) != 0)
		return 0;
	if (strcmp(have->variant, want->variant) == 0)
		return 100;
	have_level = variant_level(have);
	want_level = variant_level(want);
	if (have_level < 0 || want_level < 0 || have_level > want_level)
		return 0;
	return 100 - (want_level - have_level);
}

void platform_host(struct platform *ret)
{
	struct utsname uts;

	if (uname(&uts) < 0) /* cannot fail with a valid pointer */
		abort();
	platform_set(ret, uts.sysname, uts.machine, "");
}

/* The kernel refuses the 32-bit personality on processors that have no 32-bit mode (arm64_personality()). */
static bool arm64_runs_arm(void)
{
	int before = personality(0xffffffff);

	if (before < 0 || personality(PER_LINUX32) < 0)
		return false;
	(void)personality((unsigned long)before);
	return true;
}

bool platform_is_native(const struct platform *platform)
{
	struct platform host;

	platform_host(&host);
	if (platform_match(platform, &host) > 0)
		return true;
	if (strcmp(platform->os, host.os) != 0)
		return false;
	if (strcmp(host.arch, "amd64") == 0)
		return strcmp(platform->arch, "386") == 0;
	return strcmp(host.arch, "arm64") == 0 && strcmp(platform->arch, "arm") == 0 &&
	       arm64_runs_arm();
}
