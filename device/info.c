#include "device/info.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "device/events.h"
#include "engine.h"

void device_info_release(struct device_info *info)
{
	free(info->model);
	free(info->system);
	free(info->kernel);
	free(info->hostname);
	free(info->machine);
}

static char *text_of(const json_t *json, const char *key)
{
	return xstrdup_or_null(json_get_string(json, key));
}

static void read_engine(const json_t *json, struct device_info *ret)
{
	ret->system = text_of(json, "OperatingSystem");
	ret->kernel = text_of(json, "KernelVersion");
	ret->hostname = text_of(json, "Name");
	ret->machine = text_of(json, "Architecture");
	ret->processors = (unsigned)json_get_int(json, "NCPU", 0);
	ret->memory = (uint64_t)json_get_int(json, "MemTotal", 0);
	ret->containers = (unsigned)json_get_int(json, "Containers", 0);
	ret->running = (unsigned)json_get_int(json, "ContainersRunning", 0);
	ret->images = (unsigned)json_get_int(json, "Images", 0);
}

/* Three lines: the model, which ends in a NUL byte there; the load; the last line of df. */
static const char question[] =
	"tr -d '\\0' </proc/device-tree/model 2>/dev/null; echo; cat /proc/loadavg; "
	"df -Pk \"$dir\" 2>/dev/null | tail -n 1";

/* Cuts the next word, between blanks, off *rest. */
static struct span next_word(struct span *rest)
{
	struct span word;

	*rest = span_trim(*rest);
	(void)span_cut(rest, ' ', &word);
	return word;
}

static bool read_load(struct span text, double load[3])
{
	for (size_t i = 0; i < 3; i++) {
		AUTO(freep) char *word = span_dup(next_word(&text));
		char *end = word;

		load[i] = strtod(word, &end);
		if (end == word)
			return false;
	}
	return true;
}

/* "FILESYSTEM 1024-BLOCKS USED AVAILABLE CAPACITY MOUNTED", as POSIX has it. */
static void read_disk(struct span text, struct device_info *ret)
{
	unsigned long long size = 0, available = 0;
	struct span size_word, available_word;

	(void)next_word(&text);
	size_word = next_word(&text);
	(void)next_word(&text);
	available_word = next_word(&text);
	if (!span_to_u64(size_word, UINT64_MAX / 1024, &size) ||
	    !span_to_u64(available_word, UINT64_MAX / 1024, &available))
		return;
	ret->disk_size = (uint64_t)size * 1024;
	ret->disk_free = (uint64_t)available * 1024;
}

static void read_answer(struct span text, struct device_info *ret)
{
	struct span model, load, disk;

	(void)span_cut(&text, '\n', &model);
	(void)span_cut(&text, '\n', &load);
	(void)span_cut(&text, '\n', &disk);
	if (model.len > 0)
		ret->model = span_dup(model);
	ret->has_load = read_load(load, ret->load);
	read_disk(disk, ret);
}

int device_info_read(struct engine *engine, struct device_info *ret, struct err *err)
{
	AUTO(str_release) struct str command = STR_INIT;
	AUTO(str_release) struct str answer = STR_INIT;
	json_t *json = NULL;

	*ret = (struct device_info){ .model = NULL };
	if (engine_info(engine, &json, err) < 0)
		return -1;
	read_engine(json, ret);
	str_add(&command, "dir=");
	str_add_shell_word(&command, json_get_string(json, "DockerRootDir") ?: "/");
	str_addf(&command, "; %s", question);
	json_decref(json);
	/* A board that runs no commands for us is no worse for it. */
	if (connection_shell(engine->connection, command.ptr, &answer, NULL) == 0)
		read_answer(str_span(&answer), ret);
	return 0;
}

int device_platform(struct engine *engine, struct platform *ret, struct err *err)
{
	const struct engine_about *about = engine_about(engine);
	json_auto_t *json = NULL;
	const char *variant = "";

	if (str_eq(about->arch, "arm")) {
		if (engine_info(engine, &json, err) < 0)
			return -1;
		/* As uname(2) says: "armv6l", "armv7l", or "aarch64" under a 64-bit kernel. */
		variant = str_has_prefix(json_get_string(json, "Architecture") ?: "", "armv6")
				  ? "v6"
				  : "v7";
	}
	platform_set(ret, about->os, about->arch, variant);
	return 0;
}
