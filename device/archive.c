#include "device/archive.h"

#include "base/alloc.h"
#include "call.h"

static int put(struct engine *engine, const char *id, const char *path, bool is_own,
	       const struct byte_source *tar, struct err *err)
{
	AUTO(freep) char *what = xasprintf("put files into '%s' of container '%s'", path, id);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "PUT",
				    .what = what,
				    .produce = tar->produce,
				    .content_type = "application/x-tar",
				    .data = tar->data,
				    .idle_ms = 120000 };

	engine_call_path(&call, "/containers/%s/archive?path=%s", id, path);
	if (is_own)
		engine_call_query(&call, "copyUIDGID", "1");
	return engine_call(engine, &call, err);
}

int container_put_archive(struct engine *engine, const char *id, const char *path,
			  const struct byte_source *tar, struct err *err)
{
	return put(engine, id, path, false, tar, err);
}

int container_put_own_archive(struct engine *engine, const char *id, const char *path,
			      const struct byte_source *tar, struct err *err)
{
	return put(engine, id, path, true, tar, err);
}

int container_get_archive(struct engine *engine, const char *id, const char *path,
			  const struct byte_sink *sink, struct err *err)
{
	AUTO(freep) char *what = xasprintf("read '%s' of container '%s'", path, id);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET",
				    .what = what,
				    .consume = sink->consume,
				    .data = sink->data,
				    .idle_ms = 120000 };

	engine_call_path(&call, "/containers/%s/archive?path=%s", id, path);
	return engine_call(engine, &call, err);
}
