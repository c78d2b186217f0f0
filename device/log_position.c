#include "device/log_position.h"

#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"

#define LINE_LIMIT ((size_t)64 << 10)
/* The engine stamps the lines of each stream in a thread of its own: one may lag behind the other by so much. */
#define LAG_SECONDS 5
#define STAMP_MAX   64

void log_position_init(struct log_position *position, log_line_fn *line, void *data)
{
	*position = (struct log_position){ .line = line, .data = data };
	for (size_t i = 0; i < ARRAY_SIZE(position->streams); i++) {
		str_init(&position->streams[i].line, 0);
		str_init(&position->streams[i].stamp, 0);
	}
}

void log_position_release(struct log_position *position)
{
	for (size_t i = 0; i < ARRAY_SIZE(position->streams); i++) {
		str_release(&position->streams[i].line);
		str_release(&position->streams[i].stamp);
	}
}

static long long seconds_of(const char *stamp)
{
	struct tm tm = { .tm_sec = 0 };

	return strptime(stamp, "%Y-%m-%dT%H:%M:%S", &tm) ? (long long)timegm(&tm) : 0;
}

/* From the last line of the stream that is behind. */
static char *resume_time(const char *one, const char *other)
{
	const char *older = strcmp(one, other) < 0 ? one : other;
	const char *newer = older == one ? other : one;

	if (*newer == '\0')
		return NULL;
	if (*older == '\0')
		return xstrdup(newer);
	/* A stream that has been silent for a week is no reason to read the other's week again. */
	if (seconds_of(newer) - seconds_of(older) > LAG_SECONDS)
		return xasprintf("%lld", seconds_of(newer) - LAG_SECONDS);
	return xstrdup(older);
}

char *log_position_resume(struct log_position *position)
{
	for (size_t i = 0; i < ARRAY_SIZE(position->streams); i++) {
		struct log_stream *stream = &position->streams[i];

		str_clear(&stream->line);
		stream->is_resuming = stream->stamp.len > 0;
		stream->known = stream->count;
	}
	return resume_time(position->streams[0].stamp.ptr, position->streams[1].stamp.ptr);
}

static int compare(struct span stamp, const struct str *last)
{
	/* All have the same form; a line without one cannot be known. */
	return stamp.len == last->len ? memcmp(stamp.ptr, last->ptr, last->len) : 1;
}

static bool is_known(struct log_stream *stream, struct span stamp)
{
	int order = compare(stamp, &stream->stamp);

	if (!stream->is_resuming)
		return false;
	if (order < 0)
		return true;
	if (order == 0 && stream->known > 0) {
		stream->known--;
		return true;
	}
	stream->is_resuming = false;
	return false;
}

static void note(struct log_stream *stream, struct span stamp)
{
	if (compare(stamp, &stream->stamp) == 0) {
		stream->count++;
		return;
	}
	str_clear(&stream->stamp);
	str_addn(&stream->stamp, stamp.ptr, stamp.len);
	stream->count = 1;
}

/* Takes the stamp off *text; without one, "". */
static struct span cut_stamp(struct span *text)
{
	struct span rest = *text, stamp;

	if (!span_cut(&rest, ' ', &stamp) || stamp.len > STAMP_MAX)
		return (struct span){ .ptr = text->ptr };
	*text = rest;
	return stamp;
}

static int take_line(struct log_position *position, int number, struct err *err)
{
	struct log_stream *stream = &position->streams[number - 1];
	struct span text = str_span(&stream->line), stamp = cut_stamp(&text);

	if (!is_known(stream, stamp)) {
		note(stream, stamp);
		if (position->line(position->data, number, stamp, text, err) < 0)
			return -1;
	}
	str_clear(&stream->line);
	return 0;
}

/* What follows a part of a long line is told with its stamp. */
static int cut_line(struct log_position *position, int number, struct err *err)
{
	struct str *line = &position->streams[number - 1].line;
	struct span text = str_span(line);
	AUTO(freep) char *stamp = span_dup(cut_stamp(&text));

	if (take_line(position, number, err) < 0)
		return -1;
	if (*stamp)
		str_addf(line, "%s ", stamp);
	return 0;
}

int log_position_take(void *data, int number, const char *text, size_t len, struct err *err)
{
	struct log_position *position = data;
	struct str *line = &position->streams[number - 1].line;

	for (size_t i = 0; i < len; i++) {
		str_addc(line, text[i]);
		if (text[i] == '\n' && take_line(position, number, err) < 0)
			return -1;
		if (line->len >= LINE_LIMIT && cut_line(position, number, err) < 0)
			return -1;
	}
	return 0;
}

int log_position_end(struct log_position *position, struct err *err)
{
	for (int number = 1; number <= (int)ARRAY_SIZE(position->streams); number++) {
		if (position->streams[number - 1].line.len > 0 &&
		    take_line(position, number, err) < 0)
			return -1;
	}
	return 0;
}
