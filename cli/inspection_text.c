/* An image as a person wants to read it. All text in it is somebody else's: control characters go. */
#include <ctype.h>

#include "base/alloc.h"
#include "format.h"
#include "inspection.h"
#include "table.h"

#define LABEL_WIDTH  14
#define TEXT_WIDTH   2000
#define HISTORY_TEXT 72
#define SHORT_DIGEST 19 /* "sha256:" and twelve digits */

static void add_clean(struct str *out, const char *text)
{
	format_fitted(out, span_of(text), TEXT_WIDTH);
}

static void add_line(struct str *out, unsigned indent, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	str_addf(out, "%*s%-*s ", (int)indent, "", LABEL_WIDTH, label);
	add_clean(out, text);
	str_addc(out, '\n');
}

static const char *type_name(const struct inspection *inspection)
{
	const char *type = inspection->target.media_type;

	if (str_eq(type, MEDIA_OCI_INDEX))
		return "OCI index";
	if (str_eq(type, MEDIA_DOCKER_LIST))
		return "Docker manifest list";
	if (inspection->artifact_type)
		return "OCI artifact";
	return str_eq(type, MEDIA_DOCKER_MANIFEST) ? "Docker image" : "OCI image";
}

/* --- the platforms of an index --- */

static void add_size_cell(struct table *table, uint64_t bytes)
{
	AUTO(str_release) struct str text = STR_INIT;

	format_size(&text, bytes);
	table_add(table, text.ptr);
}

static void add_platform_row(struct table *table, const struct inspected_image *image)
{
	const struct platform *platform = &image->descriptor.platform;
	AUTO(freep) char *layers = xasprintf("%zu", image->manifest.layers.len);
	AUTO(str_release) struct str name = STR_INIT;
	char text[PLATFORM_TEXT_MAX];

	format_fitted(&name, span_of(platform->os[0] ? platform_format(platform, text) : "unknown"),
		      TEXT_WIDTH);
	table_add(table, name.ptr);
	if (image->is_here)
		add_size_cell(table, image->size);
	else
		table_add(table, "not here");
	table_add(table, image->is_here ? layers : "-");
	table_add(table, image->descriptor.digest.text);
}

static void add_platforms(const struct inspection *inspection, struct str *out)
{
	static const char *const head[] = { "PLATFORM", "SIZE", "LAYERS", "DIGEST" };
	AUTO(table_release) struct table table;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	VEC_FOREACH(image, &inspection->images)
		add_platform_row(&table, image);
	str_addc(out, '\n');
	table_format(&table, out);
	if (inspection->attestations > 0)
		str_addf(out, "and %u attestation%s\n", inspection->attestations,
			 inspection->attestations == 1 ? "" : "s");
}

/* --- the config --- */

static void add_words(struct str *out, const char *label, const struct strvec *words)
{
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(word, words) {
		bool plain = **word && !strpbrk(*word, " \t\"'\\$");

		str_addf(&text, plain ? "%s%s" : "%s'%s'", text.len ? " " : "", *word);
	}
	add_line(out, 0, label, text.ptr);
}

/* One on each line, the label on the first. */
static void add_pairs(struct str *out, const char *label, const struct strmap *map)
{
	for (size_t i = 0; i < map->len; i++) {
		const struct strmap_item *item = &map->items[i];
		AUTO(freep)
		char *text = item->value ? xasprintf("%s=%s", item->key, item->value)
					 : xstrdup(item->key);

		add_line(out, 0, i == 0 ? label : "", text);
	}
}

static void add_config(const struct image_config *config, struct str *out)
{
	char platform[PLATFORM_TEXT_MAX];

	add_line(out, 0, "Platform:", platform_format(&config->platform, platform));
	add_line(out, 0, "Created:", config->created);
	add_line(out, 0, "Author:", config->author);
	add_words(out, "Entrypoint:", &config->entrypoint);
	add_words(out, "Command:", &config->cmd);
	add_line(out, 0, "User:", config->user);
	add_line(out, 0, "Directory:", config->working_dir);
	add_pairs(out, "Environment:", &config->env);
	add_pairs(out, "Ports:", &config->exposed_ports);
	add_pairs(out, "Volumes:", &config->volumes);
	add_line(out, 0, "Stop signal:", config->stop_signal);
	if (config->healthcheck.is_set)
		add_words(out, "Health check:", &config->healthcheck.test);
	add_pairs(out, "Labels:", &config->labels);
}

/* --- layers, with the steps that made them --- */

/* "RUN /bin/sh -c set -ex;   apt-get ..." on one line, without what every line would begin with. */
static char *step_text(const char *created_by)
{
	AUTO(str_release) struct str one_line = STR_INIT;
	AUTO(str_release) struct str fitted = STR_INIT;
	static const char *const noise[] = { "/bin/sh -c #(nop) ", "RUN /bin/sh -c ",
					     "/bin/sh -c " };
	bool blank = true;

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
		if (!str_has_prefix(created_by, noise[i]))
			continue;
		created_by += strlen(noise[i]);
		str_add(&one_line, i > 0 ? "RUN " : "");
		break;
	}
	for (const char *c = created_by; *c; c++) {
		bool is_blank = isspace((unsigned char)*c);

		if (!is_blank)
			str_addc(&one_line, *c);
		else if (!blank)
			str_addc(&one_line, ' ');
		blank = is_blank;
	}
	format_fitted(&fitted, str_span(&one_line), HISTORY_TEXT);
	return str_detach(&fitted);
}

static void add_layer_row(struct table *table, const struct descriptor *layer, const char *step)
{
	AUTO(freep) char *text = step_text(step);
	AUTO(freep) char *digest = layer ? xstrndup(layer->digest.text, SHORT_DIGEST) : NULL;

	if (layer)
		add_size_cell(table, layer->size);
	else
		table_add(table, "-");
	table_add(table, layer ? digest : "-");
	table_add(table, text);
}

/* The history names the steps in order; those that made no layer say so. */
static void add_layers(const struct inspected_image *image, struct str *out)
{
	static const char *const head[] = { "SIZE", "LAYER", "STEP" };
	const struct descriptors *layers = &image->manifest.layers;
	AUTO(table_release) struct table table;
	size_t next = 0;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	if (image->has_config) {
		VEC_FOREACH(entry, &image->config.history) {
			const char *step = entry->created_by ? entry->created_by : "";

			if (entry->empty_layer)
				add_layer_row(&table, NULL, step);
			else if (next < layers->len)
				add_layer_row(&table, &layers->items[next++], step);
		}
	}
	for (; next < layers->len; next++)
		add_layer_row(&table, &layers->items[next], layers->items[next].media_type);
	str_addc(out, '\n');
	table_format(&table, out);
}

/* --- all of it --- */

void inspection_show(const struct inspection *inspection, struct str *out)
{
	AUTO(str_release) struct str size = STR_INIT;
	const struct inspected_image *shown =
		inspection->shown < 0 ? NULL : &inspection->images.items[inspection->shown];

	format_size(&size, inspection_size(inspection));
	str_add(&size, " compressed");
	add_line(out, 0, "Name:", inspection->name);
	add_line(out, 0, "Digest:", inspection->target.digest.text);
	add_line(out, 0, "Type:", type_name(inspection));
	add_line(out, 0, "Artifact type:", inspection->artifact_type);
	add_line(out, 0, "Size:", size.ptr);
	add_pairs(out, "Annotations:", &inspection->annotations);
	if (media_type_is_index(inspection->target.media_type))
		add_platforms(inspection, out);
	if (!shown) {
		str_add(out, "\n--platform OS/ARCH shows one of them.\n");
		return;
	}
	if (shown->has_config) {
		str_addc(out, '\n');
		add_config(&shown->config, out);
	}
	add_layers(shown, out);
}
