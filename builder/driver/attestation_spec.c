#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/str.h"
#include "base/vec.h"
#include "builder/attestation.h"

static int set_mode(struct build_attestations *attestations, const char *mode, struct err *err)
{
	if (!str_eq(mode, "min") && !str_eq(mode, "max"))
		return err_set(err, ERR_USAGE, "mode is min or max, not '%s'", mode ? mode : "");
	attestations->is_max = str_eq(mode, "max");
	return 0;
}

static int set_version(const char *version, struct err *err)
{
	if (str_eq(version, "v0.2"))
		return 0;
	(void)err_set(err, ERR_UNSUPPORTED, "provenance of version '%s'", version ? version : "");
	return err_hint(err, "it is SLSA provenance v0.2, which BuildKit writes by default");
}

static int take_provenance(struct build_attestations *attestations, const struct strmap *attributes,
			   struct err *err)
{
	bool disabled = false;

	if (attributes_get_bool(attributes, "disabled", false, &disabled, err) < 0)
		return -1;
	attestations->provenance = !disabled;
	VEC_FOREACH(item, attributes) {
		if (str_eq(item->key, "type") || str_eq(item->key, "disabled"))
			continue;
		if (str_eq(item->key, "mode")) {
			if (set_mode(attestations, item->value, err) < 0)
				return -1;
		} else if (str_eq(item->key, "version")) {
			if (set_version(item->value, err) < 0)
				return -1;
		} else if (str_eq(item->key, "builder-id") && item->value) {
			free(attestations->builder_id);
			attestations->builder_id = xstrdup(item->value);
		} else {
			return err_set(err, ERR_USAGE, "provenance has no attribute '%s'",
				       item->key);
		}
	}
	return 0;
}

static int take_sbom(struct build_attestations *attestations, const struct strmap *attributes,
		     struct err *err)
{
	bool disabled = false;

	VEC_FOREACH(item, attributes) {
		if (str_eq(item->key, "generator")) {
			(void)err_set(err, ERR_UNSUPPORTED, "another generator of SBOMs");
			return err_hint(err, "edgectl reads the package databases of the image "
					     "itself: leave generator= out");
		}
		if (!str_eq(item->key, "type") && !str_eq(item->key, "disabled"))
			return err_set(err, ERR_USAGE, "sbom has no attribute '%s'", item->key);
	}
	if (attributes_get_bool(attributes, "disabled", false, &disabled, err) < 0)
		return -1;
	attestations->sbom = !disabled;
	return 0;
}

int attestations_add(struct build_attestations *attestations, const char *text, struct err *err)
{
	AUTO(strmap_release) struct strmap attributes = STRMAP_INIT;
	const char *type;

	if (attributes_parse(text, &attributes, err) < 0)
		return -1;
	type = strmap_get(&attributes, "type");
	if (str_eq(type, "provenance"))
		return take_provenance(attestations, &attributes, err);
	if (str_eq(type, "sbom"))
		return take_sbom(attestations, &attributes, err);
	return err_set(err, ERR_USAGE, "'%s' is neither type=provenance nor type=sbom", text);
}

/* "true" and "false" stand for the attestation as such. */
static int read_value(const char *text, struct strmap *ret, bool *ret_wanted, struct err *err)
{
	AUTO(strmap_release) struct strmap word = STRMAP_INIT;

	*ret_wanted = true;
	if (!text || !*text)
		return 0;
	if (strchr(text, '='))
		return attributes_parse(text, ret, err);
	strmap_set(&word, "value", text);
	if (attributes_get_bool(&word, "value", true, ret_wanted, NULL) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "'%s' is neither true nor false nor KEY=VALUE", text);
}

int attestations_set_provenance(struct build_attestations *attestations, const char *text,
				struct err *err)
{
	AUTO(strmap_release) struct strmap attributes = STRMAP_INIT;
	bool is_wanted = true;

	if (read_value(text, &attributes, &is_wanted, err) < 0 ||
	    take_provenance(attestations, &attributes, err) < 0)
		return -1;
	attestations->provenance = attestations->provenance && is_wanted;
	return 0;
}

int attestations_set_sbom(struct build_attestations *attestations, const char *text,
			  struct err *err)
{
	AUTO(strmap_release) struct strmap attributes = STRMAP_INIT;
	bool is_wanted = true;

	if (read_value(text, &attributes, &is_wanted, err) < 0 ||
	    take_sbom(attestations, &attributes, err) < 0)
		return -1;
	attestations->sbom = attestations->sbom && is_wanted;
	return 0;
}

void attestations_release(struct build_attestations *attestations)
{
	free(attestations->builder_id);
	*attestations = (struct build_attestations){ .provenance = false };
}
