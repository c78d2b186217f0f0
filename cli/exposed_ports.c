#include "exposed_ports.h"

#include <fcntl.h>
#include <string.h>

#include "base/diag.h"
#include "base/fs.h"
#include "base/limits.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/expose.h"

#define PORTS_MAX 16 /* more is a range that nobody wants to publish whole */
#define TCP       "/tcp"

static void collect(const struct stage *stage, struct strvec *ports)
{
	AUTO(err_release) struct err ignored = ERR_INIT;

	VEC_FOREACH(instruction, &stage->instructions) {
		if (instruction->kind != INSTRUCTION_EXPOSE)
			continue;
		VEC_FOREACH(word, &instruction->words) {
			if (!strchr(word->text, '$') &&
			    expose_parse(word->text, ports, NULL, &ignored) < 0)
				err_clear(&ignored);
		}
	}
}

/* "8080/tcp" is published as "8080:8080". */
static void add_port(const char *port, struct str *out)
{
	size_t digits = strcspn(port, "/");

	str_addf(out, "%s\"%.*s:%.*s%s\"", out->len > 0 ? ", " : "", (int)digits, port, (int)digits,
		 port, str_eq(port + digits, TCP) ? "" : port + digits);
}

void exposed_ports(const char *dockerfile, struct str *ret)
{
	AUTO(dockerfile_release) struct dockerfile file = DOCKERFILE_INIT;
	AUTO(diags_release) struct diags diags = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(strvec_release) struct strvec ports = STRVEC_INIT;

	if (fs_read_file(AT_FDCWD, dockerfile, LIMIT_DOCKERFILE, &text, NULL) < 0)
		return;
	diags_init(&diags, dockerfile, str_span(&text));
	if (dockerfile_parse(str_span(&text), &file, &diags) < 0 || file.stages.len == 0)
		return;
	collect(&file.stages.items[file.stages.len - 1], &ports);
	if (ports.len > PORTS_MAX)
		return;
	VEC_FOREACH(port, &ports)
		add_port(*port, ret);
}
