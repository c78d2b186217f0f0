#include "engine.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "call.h"

static void about_release(struct engine_about *about)
{
	free(about->product);
	free(about->version);
	free(about->os);
	free(about->arch);
	free(about->kernel);
	*about = (struct engine_about){ .product = NULL };
}

/* "1.47" */
static unsigned minor_of(const char *version)
{
	unsigned long long minor = 0;

	if (!version || !str_has_prefix(version, "1.") ||
	    !span_to_u64(span_of(version + 2), 1000, &minor))
		return 0;
	return (unsigned)minor;
}

/* Podman's "Components" names it; balenaEngine calls itself so in "Platform". */
static const char *product_of(const json_t *version)
{
	const char *platform = json_get_string(json_get_object(version, "Platform"), "Name");
	json_t *component = NULL;
	size_t i = 0;

	json_array_foreach(json_get_array(version, "Components"), i, component)
	{
		if (str_has_prefix(json_get_string(component, "Name") ?: "", "Podman"))
			return "Podman";
	}
	if (platform && str_has_prefix(platform, "balena"))
		return "balenaEngine";
	return "Docker";
}

static int agree(struct engine *engine, const json_t *version, struct err *err)
{
	unsigned newest = minor_of(json_get_string(version, "ApiVersion"));
	unsigned oldest = minor_of(json_get_string(version, "MinAPIVersion"));
	struct engine_about *about = &engine->about;

	if (newest == 0)
		return err_set(err, ERR_PROTOCOL, "what listens there is no container engine");
	about->product = xstrdup(product_of(version));
	about->version = xstrdup(json_get_string(version, "Version") ?: "unknown");
	about->os = xstrdup(json_get_string(version, "Os") ?: "linux");
	about->arch = xstrdup(json_get_string(version, "Arch") ?: "");
	about->kernel = xstrdup(json_get_string(version, "KernelVersion") ?: "");
	if (newest < ENGINE_API_OLDEST) {
		(void)err_set(err, ERR_UNSUPPORTED, "its engine, %s %s, is too old", about->product,
			      about->version);
		return err_hint(err,
				"edgectl needs API 1.%u or newer: Docker 19.03, balenaEngine "
				"19.03, Podman 4",
				ENGINE_API_OLDEST);
	}
	if (oldest > ENGINE_API_NEWEST) {
		(void)err_set(err, ERR_UNSUPPORTED, "its engine, %s %s, no longer speaks API 1.%u",
			      about->product, about->version, ENGINE_API_NEWEST);
		return err_hint(err, "a newer edgectl is needed");
	}
	about->api_minor = newest < ENGINE_API_NEWEST ? newest : ENGINE_API_NEWEST;
	return 0;
}

static int connect_to(struct engine *engine, struct err *err)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET",
				    .what = "ask for its version",
				    .idle_ms = 15000 };
	json_t *version = NULL;
	int status = 0;

	if (connection_open(&engine->address, engine->monitor, &engine->connection, err) < 0)
		return err_wrap(err, "board '%s'", engine->name);
	engine_call_path(&call, "/version");
	if (engine_call_locked(engine, &call, err) < 0)
		return -1;
	if (json_parse(str_span(&call.answer), "the answer", &version, NULL) < 0)
		version = json_null();
	status = agree(engine, version, err);
	json_decref(version);
	return status < 0 ? err_wrap(err, "board '%s'", engine->name) : 0;
}

int engine_open(const char *name, const struct device_address *address,
		const struct monitor *monitor, struct engine **ret, struct err *err)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));

	engine->name = xstrdup(name);
	engine->monitor = monitor;
	pthread_rwlock_init(&engine->lock, NULL);
	device_address_copy(&engine->address, address);
	if (connect_to(engine, err) < 0) {
		engine_free(engine);
		return -1;
	}
	*ret = engine;
	return 0;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	connection_free(engine->connection);
	about_release(&engine->about);
	pthread_rwlock_destroy(&engine->lock);
	device_address_release(&engine->address);
	free(engine->name);
	free(engine);
}

void engine_ignore_cancel(struct engine *engine, bool on)
{
	atomic_store(&engine->ignores_cancel, on);
}

const char *engine_name(const struct engine *engine)
{
	return engine->name;
}

const struct engine_about *engine_about(const struct engine *engine)
{
	return &engine->about;
}

const struct device_address *engine_address(const struct engine *engine)
{
	return &engine->address;
}

int engine_reconnect(struct engine *engine, struct err *err)
{
	int status = 0;

	pthread_rwlock_wrlock(&engine->lock);
	connection_free(TAKE(engine->connection));
	about_release(&engine->about);
	status = connect_to(engine, err);
	if (status < 0)
		connection_free(TAKE(engine->connection));
	pthread_rwlock_unlock(&engine->lock);
	return status;
}
