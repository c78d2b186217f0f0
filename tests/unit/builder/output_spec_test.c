/* The values of --output. */
#include "base/str.h"
#include "builder/output.h"
#include "unit.h"

static const char *const type_names[] = { "image", "oci", "docker", "local", "tar", "cacheonly" };

static void show_form(const struct image_form *form, struct str *out)
{
	static const char *const compressions[] = { "none", "gzip", "zstd" };

	str_add(out, form->docker_types ? " docker-types" : "");
	if (form->has_compression)
		str_addf(out, " %s:%d", compressions[form->compression], form->level);
	str_add(out, form->force_compression ? " force" : "");
	str_add(out, form->rewrite_timestamp ? " rewrite" : "");
	if (form->annotations.len > 0)
		str_addf(out, " annotations:%zu", form->annotations.len);
}

/* One line that says all of it. */
static char *show(const struct build_output *output)
{
	struct str out = STR_INIT;

	str_add(&out, type_names[output->type]);
	if (output->dest)
		str_addf(&out, " dest:%s", output->dest);
	VEC_FOREACH(name, &output->names)
		str_addf(&out, " %s", *name);
	str_add(&out, output->push ? " push" : "");
	str_add(&out, output->push_by_digest ? " by-digest" : "");
	str_add(&out, output->store ? "" : " unstored");
	str_add(&out, output->is_dir ? " dir" : "");
	str_add(&out, output->platform_split ? "" : " merged");
	if (output->attestation_prefix)
		str_addf(&out, " prefix:%s", output->attestation_prefix);
	show_form(&output->form, &out);
	return str_detach(&out);
}

static void values(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "out", "local dest:out" },
		{ "./out,put", "local dest:./out,put" },
		{ "-", "tar dest:-" },
		{ "type=local,dest=out", "local dest:out" },
		{ "type=local,dest=out,platform-split=false", "local dest:out merged" },
		{ "type=tar,attestation-prefix=a-,attestation-prefix=b-", "tar dest:- prefix:b-" },
		{ "type=tar", "tar dest:-" },
		{ "type=tar,dest=x.tar", "tar dest:x.tar" },
		{ "type=oci", "oci dest:-" },
		{ "type=oci,dest=d,tar=false", "oci dest:d dir" },
		{ "type=docker", "docker docker-types" },
		{ "type=docker,dest=x.tar,oci-mediatypes=true", "docker dest:x.tar" },
		{ "type=image", "image" },
		{ "type=image,push", "image push" },
		{ "type=image,push=true,push-by-digest=true", "image push by-digest" },
		{ "type=registry", "image push" },
		{ "type=registry,name=lab:5000/app:1", "image lab:5000/app:1 push" },
		{ "type=image,\"name=a,b:2\"",
		  "image docker.io/library/a:latest docker.io/library/b:2" },
		{ "type=image,store=false", "image unstored" },
		{ "type=image,oci-mediatypes=false", "image docker-types" },
		{ "type=image,compression=zstd,compression-level=19", "image zstd:19" },
		{ "type=image,compression=gzip,force-compression=true", "image gzip:0 force" },
		{ "type=image,compression=uncompressed", "image none:0" },
		{ "type=image,rewrite-timestamp=true", "image rewrite" },
		{ "type=image,annotation.a=b,annotation-index.c=d", "image annotations:2" },
		{ "type=cacheonly", "cacheonly" },
		{ "dest=out,type=local", "local dest:out" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(build_output_release) struct build_output output;
		AUTO(freep) char *have = NULL;

		assert_ok(build_output_parse(rows[i].text, &output, &err_));
		have = show(&output);
		if (!str_eq(have, rows[i].want))
			fail_msg("'%s' gives '%s', not '%s'", rows[i].text, have, rows[i].want);
	}
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *message; /* part of it */
	} rows[] = {
		{ "", "empty" },
		{ "dest=out", "'type=' is missing" },
		{ "type=dir,dest=x", "unknown type 'dir'" },
		{ "type=local", "needs a directory" },
		{ "type=oci,tar=false", "needs a directory" },
		{ "type=oci,tar=false,dest=-", "standard output" },
		{ "type=local,dest=x,push=true", "type=local has no attribute 'push'" },
		{ "type=image,dest=x", "type=image has no attribute 'dest'" },
		{ "type=image,pusch=true", "unknown attribute 'pusch'" },
		{ "type=image,push=perhaps", "push=perhaps" },
		{ "type=image,compression=estargz", "unknown compression 'estargz'" },
		{ "type=image,compression=gzip,compression-level=10", "up to 9" },
		{ "type=image,compression-level=10", "up to 9" },
		{ "type=image,compression=uncompressed,compression-level=1",
		  "no compression-level" },
		{ "type=image,compression=zstd,compression-level=fast", "compression-level=fast" },
		{ "type=image,name=", "'name' needs a value" },
		{ "type=image,name=UPPER", "UPPER" },
		{ "type=image,annotation.=x", "annotation." },
		{ "type=cacheonly,dest=x", "has no attribute 'dest'" },
		{ "type=image,attestation-prefix=x", "has no attribute 'attestation-prefix'" },
		{ "type=local,dest=d,attestation-prefix=../x", "not a path" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(build_output_release) struct build_output output;

		assert_row(build_output_parse(rows[i].text, &output, &err_) < 0, rows[i].text);
		if (!strstr(err_.message, rows[i].message))
			fail_msg("'%s': %s", rows[i].text, err_.message);
		err_clear(&err_);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
