/* SPDX 2.3 (spdx.github.io/spdx-spec/v2.3) of the packages of an image. */
#include <stdlib.h>

#include "attestation.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "image/config.h"
#include "package.h"
#include "solve/result_files.h"

#define NO_ASSERTION "NOASSERTION"

/* Which distribution it is: os-release(5). */
struct distribution {
	char *id, *version; /* NULL = not known */
};

static void distribution_release(struct distribution *distribution)
{
	free(distribution->id);
	free(distribution->version);
}

static struct span unquote(struct span value)
{
	value = span_trim(value);
	if (value.len >= 2 && (*value.ptr == '"' || *value.ptr == '\'') &&
	    value.ptr[value.len - 1] == *value.ptr)
		return (struct span){ value.ptr + 1, value.len - 2 };
	return value;
}

static int read_distribution(struct tree *tree, struct distribution *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(fd_closep) int fd = -1;
	struct tree_node *node = NULL;
	struct span rest, line, key;

	if (tree_resolve(tree, "etc/os-release", &node, err) < 0 ||
	    (!node && tree_resolve(tree, "usr/lib/os-release", &node, err) < 0))
		return -1;
	if (!node || !S_ISREG(node->st.st_mode))
		return 0;
	if (tree_open(tree, node, &fd, err) < 0 ||
	    fd_read_to_str(fd, &text, LIMIT_CONFIG, "os-release", err) < 0)
		return -1;
	for (rest = str_span(&text); rest.len > 0;) {
		(void)span_cut(&rest, '\n', &line);
		if (!span_cut(&line, '=', &key))
			continue;
		if (span_eq(key, "ID") && !ret->id)
			ret->id = span_dup(unquote(line));
		else if (span_eq(key, "VERSION_ID") && !ret->version)
			ret->version = span_dup(unquote(line));
	}
	return 0;
}

/* --- a package --- */

static const char *default_vendor(enum package_kind kind)
{
	static const char *const vendors[] = { "debian", "alpine", "redhat" };

	return vendors[kind];
}

static char *package_url(const struct package *package, const struct distribution *distribution)
{
	static const char *const types[] = { "deb", "apk", "rpm" };
	const char *id = distribution->id ? distribution->id : default_vendor(package->kind);
	struct str out = STR_INIT;

	str_addf(&out, "pkg:%s/", types[package->kind]);
	purl_add_encoded(&out, id);
	str_addc(&out, '/');
	purl_add_encoded(&out, package->name);
	str_addc(&out, '@');
	purl_add_encoded(&out, package->version);
	if (package->architecture) {
		str_add(&out, "?arch=");
		purl_add_encoded(&out, package->architecture);
	}
	if (distribution->version) {
		str_addf(&out, "%cdistro=", package->architecture ? '&' : '?');
		purl_add_encoded(&out, id);
		str_addc(&out, '-');
		purl_add_encoded(&out, distribution->version);
	}
	return str_detach(&out);
}

static json_t *external_reference(const char *url)
{
	json_t *reference = json_object(), *list = json_array();

	json_set_string(reference, "referenceCategory", "PACKAGE-MANAGER");
	json_set_string(reference, "referenceType", "purl");
	json_set_string(reference, "referenceLocator", url);
	json_array_append_new(list, reference);
	return list;
}

/* What every package of SPDX has to have. */
static json_t *new_package(const char *id, const char *name, const char *version)
{
	json_t *json = json_object();

	json_set_string(json, "name", name);
	json_set_string(json, "SPDXID", id);
	json_set_string(json, "versionInfo", version);
	json_set_string(json, "downloadLocation", NO_ASSERTION);
	json_object_set_new(json, "filesAnalyzed", json_false());
	json_set_string(json, "licenseConcluded", NO_ASSERTION);
	json_set_string(json, "licenseDeclared", NO_ASSERTION);
	json_set_string(json, "copyrightText", NO_ASSERTION);
	return json;
}

/* "Name <address>" in the databases is "Name (address)" in SPDX (7.5, package supplier). */
static void write_address(char *supplier)
{
	for (char *c = supplier; *c; c++) {
		if (*c == '<')
			*c = '(';
		else if (*c == '>')
			*c = ')';
	}
}

static json_t *describe_package(const struct package *package, const char *id,
				const struct distribution *distribution)
{
	json_t *json = new_package(id, package->name, package->version);
	AUTO(freep) char *url = package_url(package, distribution);

	if (package->supplier) {
		AUTO(freep) char *supplier = xasprintf("Organization: %s", package->supplier);

		write_address(supplier);
		json_set_string(json, "supplier", supplier);
	}
	/* not as licenseDeclared: the databases do not keep to SPDX's expressions */
	if (package->license)
		json_set_string(json, "licenseComments", package->license);
	if (package->source) {
		AUTO(freep)
		char *source = xasprintf("built from source package %s", package->source);

		json_set_string(json, "sourceInfo", source);
	}
	json_object_set_new(json, "externalRefs", external_reference(url));
	return json;
}

/* --- the document --- */

static json_t *relationship(const char *from, const char *type, const char *to)
{
	json_t *json = json_object();

	json_set_string(json, "spdxElementId", from);
	json_set_string(json, "relationshipType", type);
	json_set_string(json, "relatedSpdxElement", to);
	return json;
}

static json_t *describe_image(const struct attested_image *image, const char *name)
{
	json_t *json = new_package("SPDXRef-Image", name, image->digest->text);
	AUTO(str_release) struct str url = STR_INIT;

	json_set_string(json, "primaryPackagePurpose", "CONTAINER");
	if (image->manifest && image->names && image->names->len > 0) {
		purl_add_image(&url, name, &image->manifest->platform);
		json_object_set_new(json, "externalRefs", external_reference(url.ptr));
	}
	return json;
}

static json_t *creation_info(const struct attested_image *image)
{
	json_t *json = json_object(), *creators = json_array();
	char buf[32];

	json_set_string(json, "created", rfc3339_format(image->now, buf));
	json_array_append_new(creators, json_string("Tool: edgectl"));
	json_object_set_new(json, "creators", creators);
	return json;
}

static json_t *new_document(const struct attested_image *image, const char *name)
{
	json_t *json = json_object();
	/* unique for what it describes, and the same for the same image */
	AUTO(freep)
	char *space = xasprintf("https://spdx.org/spdxdocs/edgectl-%s", digest_hex(image->digest));

	json_set_string(json, "spdxVersion", "SPDX-2.3");
	json_set_string(json, "dataLicense", "CC0-1.0");
	json_set_string(json, "SPDXID", "SPDXRef-DOCUMENT");
	json_set_string(json, "name", name);
	json_set_string(json, "documentNamespace", space);
	json_object_set_new(json, "creationInfo", creation_info(image));
	return json;
}

static json_t *describe_all(const struct attested_image *image, const struct packages *packages,
			    const struct distribution *distribution)
{
	const char *name = image->names && image->names->len > 0 ? image->names->items[0] : "image";
	json_t *json = new_document(image, name);
	json_t *list = json_array(), *relationships = json_array();
	size_t number = 0;

	json_array_append_new(list, describe_image(image, name));
	json_array_append_new(relationships,
			      relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image"));
	VEC_FOREACH(package, packages) {
		AUTO(freep) char *id = xasprintf("SPDXRef-Package-%zu", ++number);

		json_array_append_new(list, describe_package(package, id, distribution));
		json_array_append_new(relationships, relationship("SPDXRef-Image", "CONTAINS", id));
	}
	json_object_set_new(json, "packages", list);
	json_object_set_new(json, "relationships", relationships);
	return json;
}

static int find_packages(const struct attested_image *image, struct tree *tree,
			 struct packages *ret, struct err *err)
{
	AUTO(freep) char *unread = NULL;

	if (packages_find(tree, ret, &unread, err) < 0)
		return -1;
	if (unread)
		monitor_text(image->job->request->monitor, 0, EVENT_WARNING,
			     "the SBOM lacks the packages of %s, a database of rpm that is of no "
			     "known kind, ignoring",
			     unread);
	return 0;
}

int sbom_describe(const struct attested_image *image, json_t **ret, struct err *err)
{
	const struct build_request *request = image->job->request;
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(packages_release) struct packages packages = { .items = NULL };
	AUTO(distribution_release) struct distribution distribution = { .id = NULL };

	if (result_files_open(request->store, request->registry, request->monitor,
			      image->planned->top, &tree, err) < 0)
		return -1;
	if (tree && (find_packages(image, tree, &packages, err) < 0 ||
		     read_distribution(tree, &distribution, err) < 0))
		return -1;
	*ret = describe_all(image, &packages, &distribution);
	return 0;
}
