#include "binfmt_rule.h"

#include <elf.h>
#include <string.h>

#include "base/alloc.h"

#define TYPE_OFFSET    16 /* e_type */
#define MACHINE_OFFSET 18 /* e_machine */

static void put_half(unsigned char *at, unsigned value, bool big_endian)
{
	at[big_endian ? 1 : 0] = (unsigned char)(value & 0xff);
	at[big_endian ? 0 : 1] = (unsigned char)(value >> 8);
}

void binfmt_magic_of(const struct emulated_cpu *cpu, struct binfmt_magic *ret)
{
	memset(ret->magic, 0, sizeof(ret->magic));
	memset(ret->mask, 0xff, sizeof(ret->mask));
	memcpy(ret->magic, ELFMAG, SELFMAG);
	ret->magic[EI_CLASS] = cpu->wide ? ELFCLASS64 : ELFCLASS32;
	ret->magic[EI_DATA] = cpu->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	ret->magic[EI_VERSION] = EV_CURRENT;
	ret->mask[EI_OSABI] = 0;
	put_half(ret->magic + TYPE_OFFSET, ET_EXEC, cpu->big_endian);
	/* ET_EXEC is 2 and ET_DYN is 3. */
	put_half(ret->mask + TYPE_OFFSET, 0xfffe, cpu->big_endian);
	put_half(ret->magic + MACHINE_OFFSET, cpu->machine, cpu->big_endian);
}

static void add_bytes(struct str *out, const unsigned char *bytes)
{
	str_addc(out, ':');
	for (size_t i = 0; i < BINFMT_MAGIC_LEN; i++)
		str_addf(out, "\\x%02x", bytes[i]);
}

void binfmt_rule_write(const struct emulated_cpu *cpu, const char *interpreter, struct str *out)
{
	struct binfmt_magic magic;

	binfmt_magic_of(cpu, &magic);
	str_addf(out, ":qemu-%s:M:", cpu->qemu);
	add_bytes(out, magic.magic);
	add_bytes(out, magic.mask);
	str_addf(out, ":%s:PCF", interpreter);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bytes read; 0 when it is not hexadecimal. */
static size_t read_hex(struct span text, unsigned char *ret, size_t max)
{
	size_t len = text.len / 2;

	if (text.len % 2 || len > max)
		return 0;
	for (size_t i = 0; i < len; i++) {
		int high = digit(text.ptr[2 * i]);
		int low = digit(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		ret[i] = (unsigned char)(high << 4 | low);
	}
	return len;
}

/* An entry, as far as its text was read. */
struct entry_text {
	struct span status, interpreter, flags, offset, magic, mask;
};

static void split_lines(struct span text, struct entry_text *ret)
{
	struct span line;

	(void)span_cut(&text, '\n', &ret->status);
	while (text.len) {
		struct span key;

		(void)span_cut(&text, '\n', &line);
		(void)span_cut(&line, ' ', &key);
		if (span_eq(key, "interpreter"))
			ret->interpreter = line;
		else if (span_eq(key, "flags:"))
			ret->flags = line;
		else if (span_eq(key, "offset"))
			ret->offset = line;
		else if (span_eq(key, "magic"))
			ret->magic = line;
		else if (span_eq(key, "mask"))
			ret->mask = line;
	}
}

/* Would the kernel give a program of `cpu` to this entry? An entry that asks for more than the first bytes does not count. */
static bool serves(const struct entry_text *text, const struct emulated_cpu *cpu)
{
	unsigned char magic[BINFMT_MAGIC_LEN];
	unsigned char mask[BINFMT_MAGIC_LEN];
	struct binfmt_magic program;
	size_t len = read_hex(text->magic, magic, sizeof(magic));

	if (len <= MACHINE_OFFSET || !span_eq(text->offset, "0"))
		return false;
	memset(mask, 0xff, sizeof(mask));
	if (text->mask.len && read_hex(text->mask, mask, sizeof(mask)) != len)
		return false;
	binfmt_magic_of(cpu, &program);
	for (size_t i = 0; i < len; i++)
		if ((program.magic[i] ^ magic[i]) & mask[i])
			return false;
	return true;
}

bool binfmt_entry_parse(struct span text, const struct emulated_cpu *cpu, struct binfmt_entry *ret)
{
	struct entry_text lines = { .status = { .ptr = "", .len = 0 } };

	split_lines(text, &lines);
	if (!lines.interpreter.len || !lines.magic.len)
		return false;
	*ret = (struct binfmt_entry){
		.enabled = span_eq(lines.status, "enabled"),
		.fixed = lines.flags.len && memchr(lines.flags.ptr, 'F', lines.flags.len),
		.credentials = lines.flags.len && memchr(lines.flags.ptr, 'C', lines.flags.len),
		.serves = serves(&lines, cpu),
		.interpreter = span_dup(lines.interpreter),
	};
	return true;
}

void binfmt_entry_release(struct binfmt_entry *entry)
{
	free(entry->interpreter);
	entry->interpreter = NULL;
}
