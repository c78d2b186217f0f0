#include "solve/plan.h"

#include "add_source.h"
#include "planned.h"
#include "unit.h"

#define PATH_ENV "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct row {
	const char *name, *text, *target, *want;
};

static const struct row rows[] = {
	{ "only what the target needs",
	  "FROM scratch AS unused\nCOPY a /\nFROM scratch AS used\nCOPY b /\n"
	  "FROM scratch\nCOPY --from=used /b /c\n",
	  NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 scratch linux/arm/v7\n"
	  "2 copy linux/arm/v7 on 1 b -> /\n"
	  "3 copy linux/arm/v7 on 0 from 2 /b -> /c\n"
	  "= COPY /b /c # buildkit\n" },
	{ "target", "FROM scratch AS One\nCOPY a /\nFROM scratch\nCOPY b /\n", "oNE",
	  "0 scratch linux/arm/v7\n"
	  "1 copy linux/arm/v7 on 0 a -> /\n"
	  "= COPY a / # buildkit\n" },
	{ "a stage on a stage has its history, directory and arguments",
	  "FROM scratch AS base\nARG A=1\nWORKDIR /w\nFROM base\nCOPY x $A\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 workdir linux/arm/v7 on 0 /w\n"
	  "2 copy linux/arm/v7 on 1 x -> /w/1\n"
	  "- ARG A=1\n"
	  "= WORKDIR /w\n"
	  "= COPY x 1 # buildkit\n" },
	{ "an image once, however often it is named",
	  "FROM debian AS a\nCOPY x /\nFROM debian\nCOPY --from=a /x /\nCOPY --from=debian /y /\n",
	  NULL,
	  "0 image linux/arm/v7 debian\n"
	  "1 copy linux/arm/v7 on 0 x -> /\n"
	  "2 copy linux/arm/v7 on 0 from 1 /x -> /\n"
	  "3 copy linux/arm/v7 on 2 from 0 /y -> /\n"
	  "= COPY /x / # buildkit\n"
	  "= COPY /y / # buildkit\n" },
	{ "the build platform for a stage",
	  "FROM --platform=$BUILDPLATFORM debian\nARG TARGETARCH\nCOPY $TARGETARCH /\n", NULL,
	  "0 image linux/amd64 debian\n"
	  "1 copy linux/amd64 on 0 arm -> /\n"
	  "- ARG TARGETARCH=arm\n"
	  "= COPY arm / # buildkit\n" },
	{ "the latest earlier stage of a name",
	  "FROM scratch AS a\nCOPY 1 /\nFROM scratch AS a\nCOPY 2 /\nFROM a\nCOPY 3 /\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 copy linux/arm/v7 on 0 2 -> /\n"
	  "2 copy linux/arm/v7 on 1 3 -> /\n"
	  "= COPY 2 / # buildkit\n"
	  "= COPY 3 / # buildkit\n" },
	{ "RUN: shell, environment, arguments, user",
	  "FROM scratch\nARG A=1 B\nENV C=2\nUSER u:g\nWORKDIR /w/\nRUN a  $A\nSHELL [\"/s\"]\n"
	  "RUN b\nRUN [\"c\",\"$A\"]\n",
	  NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 workdir linux/arm/v7 on 0 /w\n"
	  "2 run linux/arm/v7 on 1 '/bin/sh' '-c' 'a  $A' cwd=/w user=u:g env: " PATH_ENV
	  " A=1 C=2\n"
	  "3 run linux/arm/v7 on 2 '/s' 'b' cwd=/w user=u:g env: " PATH_ENV " A=1 C=2\n"
	  "4 run linux/arm/v7 on 3 'c' '$A' cwd=/w user=u:g env: " PATH_ENV " A=1 C=2\n"
	  "- ARG A=1 B\n"
	  "- ENV C=2\n"
	  "- USER u:g\n"
	  "= WORKDIR /w/\n"
	  "= RUN |2 A=1 B= /bin/sh -c a  $A # buildkit\n"
	  "- SHELL [/s]\n"
	  "= RUN |2 A=1 B= /s b # buildkit\n"
	  "= RUN |2 A=1 B= c $A # buildkit\n" },
	{ "an argument in the history has the value that the step saw",
	  "FROM scratch\nARG A=1\nARG A\nENV A=2\nRUN x\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 run linux/arm/v7 on 0 '/bin/sh' '-c' 'x' cwd=/ env: " PATH_ENV " A=2\n"
	  "- ARG A=1\n"
	  "- ARG A\n"
	  "- ENV A=2\n"
	  "= RUN |1 A=2 /bin/sh -c x # buildkit\n" },
	{ "ports in the order of the words as they are written",
	  "FROM scratch\nENV P=9 Q=\"2 1/udp\"\nEXPOSE 80 $Q 443/UDP ${P}0 10-11\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "- ENV P=9 Q=2 1/udp\n"
	  "- EXPOSE [2/tcp 1/udp 90/tcp 10/tcp 11/tcp 443/udp 80/tcp]\n" },
	{ "words of VOLUME lose their blanks, words of CMD are quoted",
	  "FROM scratch\nVOLUME [\" /a \", \"/b c\"]\nCMD [\"\\u00e9\\u00a0\", \"\\\"\"]\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "- VOLUME [/a /b c]\n"
	  "- CMD [\"\u00e9\\u00a0\" \"\\\"\"]\n" },
	{ "scratch is of the platform that is built for",
	  "FROM --platform=$BUILDPLATFORM scratch\nCOPY a /\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 copy linux/arm/v7 on 0 a -> /\n"
	  "= COPY a / # buildkit\n" },
	{ "a stage that is not needed may mean a later one",
	  "FROM scratch AS a\nCOPY --from=b x /\nCOPY --from=1 y /\nFROM scratch AS b\nCOPY z /\n",
	  NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 copy linux/arm/v7 on 0 z -> /\n"
	  "= COPY z / # buildkit\n" },
	{ "no command is an empty script",
	  "FROM scratch\nCMD\nENTRYPOINT\nSHELL [\"/s\"]\nCMD\nCMD []\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "- CMD [\"/bin/sh\" \"-c\" \"\"]\n"
	  "- ENTRYPOINT [\"/bin/sh\" \"-c\" \"\"]\n"
	  "- SHELL [/s]\n"
	  "- CMD [\"/s\" \"\"]\n"
	  "- CMD []\n" },
	{ "WORKDIR / makes nothing", "FROM scratch\nWORKDIR /\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "- WORKDIR /\n" },
	{ "destinations",
	  "FROM scratch\nWORKDIR /w\nCOPY a .\nCOPY a ./\nCOPY a x/.\nCOPY a ../../y\n", NULL,
	  "0 scratch linux/arm/v7\n"
	  "1 workdir linux/arm/v7 on 0 /w\n"
	  "2 copy linux/arm/v7 on 1 a -> /w/\n"
	  "3 copy linux/arm/v7 on 2 a -> /w/\n"
	  "4 copy linux/arm/v7 on 3 a -> /w/x/\n"
	  "5 copy linux/arm/v7 on 4 a -> /y\n"
	  "= WORKDIR /w\n"
	  "= COPY a . # buildkit\n"
	  "= COPY a ./ # buildkit\n"
	  "= COPY a x/. # buildkit\n"
	  "= COPY a ../../y # buildkit\n" },
};

static void plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(planned_release) struct planned planned;
		AUTO(freep) char *have = NULL;

		planned_init(&planned);
		planned.target = rows[i].target;
		if (planned_make(&planned, rows[i].text, &err_) < 0)
			fail_msg("row '%s': %s", rows[i].name, err_.message);
		have = planned_dump(&planned);
		if (strcmp(have, rows[i].want) != 0)
			fail_msg("row '%s': have\n%swant\n%s", rows[i].name, have, rows[i].want);
	}
}

/* In the steps of the target only, and not over what the Dockerfile says; never in the image. */
static void the_processor_of_a_board(void **state)
{
	AUTO(planned_release) struct planned planned;
	AUTO(freep) char *have = NULL;

	(void)state;
	planned_init(&planned);
	planned.cpu_model = "cortex-a7";
	assert_ok(planned_make(&planned,
			       "FROM --platform=$BUILDPLATFORM debian AS tools\nRUN a\n"
			       "FROM scratch\nCOPY --from=tools /a /\nRUN b\n"
			       "ENV QEMU_CPU=max\nRUN c\n",
			       &err_));
	have = planned_dump(&planned);
	assert_non_null(strstr(have, "'a' cwd=/ env: " PATH_ENV "\n"));
	assert_non_null(strstr(have, "'b' cwd=/ env: " PATH_ENV " QEMU_CPU=cortex-a7\n"));
	assert_non_null(strstr(have, "'c' cwd=/ env: " PATH_ENV " QEMU_CPU=max\n"));
	assert_string_equal(strmap_get(&planned.result.config.env, "QEMU_CPU"), "max");
}

static void the_environment_of_the_base_counts(void **state)
{
	AUTO(planned_release) struct planned planned;

	(void)state;
	planned_init(&planned);
	planned.env = "V=base";
	assert_ok(planned_make(&planned, "FROM debian\nENV W=$V-x\n", &err_));
	assert_string_equal(strmap_get(&planned.result.config.env, "V"), "base");
	assert_string_equal(strmap_get(&planned.result.config.env, "W"), "base-x");
	assert_true(strmap_has(&planned.result.config.env, "PATH"));
}

/* Asked for, it is the image's, even when the last stage starts from one for another machine. */
static void an_image_is_of_the_platform_asked_for(void **state)
{
	static const struct {
		const char *text;
		bool is_given;
		const char *wanted;
	} cases[] = {
		{ "FROM debian\n", true, "linux/arm/v7" },
		{ "FROM --platform=$BUILDPLATFORM debian\n", true, "linux/arm/v7" },
		{ "FROM --platform=linux/arm/v6 debian\n", true, "linux/arm/v7" },
		{ "FROM --platform=$BUILDPLATFORM debian\n", false, "linux/amd64" },
		{ "FROM --platform=linux/arm/v6 debian\n", false, "linux/arm/v6" },
	};
	char text[PLATFORM_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(planned_release) struct planned planned;

		planned_init(&planned);
		planned.platform_is_given = cases[i].is_given;
		assert_ok(planned_make(&planned, cases[i].text, &err_));
		platform_format(&planned.result.config.platform, text);
		if (!str_eq(text, cases[i].wanted))
			fail_msg("case %zu: %s", i, text);
	}
}

static void triggers_run_behind_from_and_only_once(void **state)
{
	AUTO(planned_release) struct planned planned;
	AUTO(freep) char *have = NULL;

	(void)state;
	planned_init(&planned);
	planned.on_build = "COPY --from=tools /t /";
	assert_ok(planned_make(&planned,
			       "FROM scratch AS tools\nCOPY t /\nFROM debian AS child\nCOPY x /\n"
			       "FROM child\nCOPY y /\n",
			       &err_));
	have = planned_dump(&planned);
	assert_string_equal(have, "0 image linux/arm/v7 debian\n"
				  "1 scratch linux/arm/v7\n"
				  "2 copy linux/arm/v7 on 1 t -> /\n"
				  "3 copy linux/arm/v7 on 0 from 2 /t -> /\n"
				  "4 copy linux/arm/v7 on 3 x -> /\n"
				  "5 copy linux/arm/v7 on 4 y -> /\n"
				  "= COPY /t / # buildkit\n"
				  "= COPY x / # buildkit\n"
				  "= COPY y / # buildkit\n");
	assert_int_equal(planned.result.config.on_build.len, 0);
	assert_int_equal(planned.asked, 1);
}

static void proxies_stay_out_of_key_and_history(void **state)
{
	AUTO(planned_release) struct planned planned;
	const struct run_vertex *run;

	(void)state;
	planned_init(&planned);
	strmap_set(&planned.build_args, "HTTP_PROXY", "http://proxy");
	strmap_set(&planned.build_args, "OTHER", "x");
	assert_ok(planned_make(&planned, "FROM scratch\nRUN a\n", &err_));
	run = &planned.result.top->run;
	assert_false(strmap_has(&run->env, "HTTP_PROXY"));
	assert_false(strmap_has(&run->env, "OTHER"));
	/* for programs that look for one or the other */
	assert_string_equal(strmap_get(&run->proxies, "HTTP_PROXY"), "http://proxy");
	assert_string_equal(strmap_get(&run->proxies, "http_proxy"), "http://proxy");
	assert_int_equal(run->proxies.len, 2);
	assert_string_equal(planned.result.lines.items[0].created_by,
			    "RUN /bin/sh -c a # buildkit");
}

static void each_proxy_keeps_its_own_value(void **state)
{
	AUTO(planned_release) struct planned planned;
	const struct run_vertex *run;

	(void)state;
	planned_init(&planned);
	strmap_set(&planned.build_args, "no_proxy", "a");
	strmap_set(&planned.build_args, "NO_PROXY", "b");
	strmap_set(&planned.build_args, "all_proxy", "c");
	assert_ok(planned_make(&planned, "FROM scratch\nENV ALL_PROXY=d\nRUN a\n", &err_));
	run = &planned.result.top->run;
	assert_string_equal(strmap_get(&run->proxies, "no_proxy"), "a");
	assert_string_equal(strmap_get(&run->proxies, "NO_PROXY"), "b");
	assert_string_equal(strmap_get(&run->proxies, "all_proxy"), "c");
	assert_int_equal(run->proxies.len, 3);
	assert_string_equal(strmap_get(&run->env, "ALL_PROXY"), "d");
}

static void an_address_without_a_name_has_one(void **state)
{
	AUTO(planned_release) struct planned planned;
	const struct copy_vertex *copy;

	(void)state;
	planned_init(&planned);
	assert_ok(planned_make(&planned, "FROM scratch\nADD https://x/ /d/\n", &err_));
	copy = &planned.result.top->copy;
	assert_string_equal(add_source_name(copy->arguments.items[0].remote), "__unnamed__");
}

static void a_script_is_a_file_of_its_own(void **state)
{
	AUTO(planned_release) struct planned planned;
	const struct run_vertex *run;

	(void)state;
	planned_init(&planned);
	assert_ok(planned_make(&planned, "FROM scratch\nRUN <<EOF\n#!/usr/bin/env python\nx\nEOF\n",
			       &err_));
	run = &planned.result.top->run;
	assert_string_equal(strmap_get(&run->scripts, "EOF"), "#!/usr/bin/env python\nx\n");
	assert_string_equal(run->argv.items[0], "/dev/pipes/EOF");
	assert_int_equal(run->argv.len, 1);
}

static void steps_are_named_and_numbered(void **state)
{
	static const char *const want[] = {
		"[stage-1 1/4] FROM docker.io/library/debian:latest",
		"[stage-1 2/4] WORKDIR /w",
		"[lib 1/1] COPY l /", /* planned when it is asked for */
		"[stage-1 3/4] COPY --from=lib /l .",
		"[stage-1 4/4] RUN make X=1",
	};
	AUTO(planned_release) struct planned planned;
	size_t next = 0;

	(void)state;
	planned_init(&planned);
	assert_ok(planned_make(&planned,
			       "FROM scratch AS lib\nCOPY l /\nFROM debian\nARG X=1\nWORKDIR /w\n"
			       "COPY --from=lib /l .\nRUN make \\\n  X=$X\n",
			       &err_));
	VEC_FOREACH(vertex, &planned.graph.vertices) {
		AUTO(freep) char *name = NULL;

		if ((*vertex)->kind == VERTEX_SCRATCH)
			continue;
		name = xasprintf("%s%s", (*vertex)->prefix, (*vertex)->title);
		/* blanks of the continuation line are part of the text */
		if (strstr(name, "RUN"))
			assert_non_null(strstr(name, "X=1"));
		else
			assert_string_equal(name, want[next]);
		next++;
	}
	assert_int_equal(next, ARRAY_SIZE(want));
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text, *target;
		enum err_kind kind;
		unsigned line, column;
	} mistakes[] = {
		{ "FROM missing\n", NULL, ERR_NOT_FOUND, 1, 6 },
		{ "ARG B\nFROM $B\n", NULL, ERR_INPUT, 2, 6 },
		{ "FROM --platform=nonsense/x/y/z debian\n", NULL, ERR_INPUT, 1, 0 },
		{ "FROM scratch\nENV A=${B:?no B}\n", NULL, ERR_INPUT, 2, 0 },
		{ "FROM scratch\nCOPY --chmod=9 a /\n", NULL, ERR_INPUT, 2, 0 },
		{ "FROM scratch AS x\nCOPY --from=x a /\n", NULL, ERR_INPUT, 2, 13 },
		{ "FROM scratch\nCOPY --from=7 a /\n", NULL, ERR_INPUT, 2, 13 },
		{ "FROM scratch\nCOPY --from=$S a /\n", NULL, ERR_INPUT, 2, 13 },
		{ "FROM scratch AS a\nCOPY --from=b x /\nFROM scratch AS b\nFROM a\n", NULL,
		  ERR_INPUT, 2, 13 },
		/* also in a stage that is not needed */
		{ "FROM scratch AS a\nCOPY --from=a x /\nFROM scratch\n", NULL, ERR_INPUT, 2, 13 },
		{ "FROM scratch\nVOLUME $X\n", NULL, ERR_INPUT, 2, 8 },
		{ "FROM scratch\nEXPOSE 80/foo\n", NULL, ERR_INPUT, 2, 8 },
		{ "FROM scratch\nSTOPSIGNAL SIGNONE\n", NULL, ERR_INPUT, 2, 12 },
		{ "FROM scratch\nCOPY https://x/y /\n", NULL, ERR_INPUT, 2, 6 },
		{ "FROM scratch\nADD https://x/a.git?reff=1 /\n", NULL, ERR_INPUT, 2, 5 },
		{ "FROM scratch\nADD file:///srv/a.git /\n", NULL, ERR_INPUT, 2, 5 },
		{ "FROM scratch\nADD git@h:a.git /\n", NULL, ERR_DENIED, 2, 5 },
		{ "FROM scratch\nADD --checksum=sha256:12 https://x/y /\n", NULL, ERR_INPUT, 2, 0 },
		{ "FROM scratch\nADD --checksum=12 https://x/a.git /\n", NULL, ERR_INPUT, 2, 0 },
		{ "FROM scratch\nADD --keep-git-dir=false https://x/y?keep-git-dir /\n", NULL,
		  ERR_INPUT, 2, 0 },
		{ "FROM scratch AS one\n", "on", ERR_INPUT, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		AUTO(planned_release) struct planned planned;

		err_clear(&err_);
		planned_init(&planned);
		planned.target = mistakes[i].target;
		assert_row(planned_make(&planned, mistakes[i].text, &err_) == -1, mistakes[i].text);
		assert_row(err_.kind == mistakes[i].kind, mistakes[i].text);
		/* an error that the parser found has its place in the message */
		if (!err_.span.line && mistakes[i].line)
			assert_row(strstr(err_.message, "Dockerfile:2:") != NULL, mistakes[i].text);
		else
			assert_row(err_.span.line == mistakes[i].line, mistakes[i].text);
		if (mistakes[i].column && err_.span.line)
			assert_row(err_.span.column == mistakes[i].column, mistakes[i].text);
	}
	err_clear(&err_);
}

static void too_many_layers_are_refused_before_anything_runs(void **state)
{
	AUTO(planned_release) struct planned planned;
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	planned_init(&planned);
	str_add(&text, "FROM scratch\n");
	for (unsigned i = 0; i < 126; i++)
		str_addf(&text, "WORKDIR /%u\n", i);
	assert_int_equal(planned_make(&planned, text.ptr, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_int_equal(err_.span.line, 127);
	err_clear(&err_);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(the_processor_of_a_board),
		cmocka_unit_test(the_environment_of_the_base_counts),
		cmocka_unit_test(an_image_is_of_the_platform_asked_for),
		cmocka_unit_test(triggers_run_behind_from_and_only_once),
		cmocka_unit_test(proxies_stay_out_of_key_and_history),
		cmocka_unit_test(each_proxy_keeps_its_own_value),
		cmocka_unit_test(an_address_without_a_name_has_one),
		cmocka_unit_test(a_script_is_a_file_of_its_own),
		cmocka_unit_test(steps_are_named_and_numbered),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(too_many_layers_are_refused_before_anything_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
