#include "device/send.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "device/events.h"
#include "device/image.h"
#include "image/layer_convert.h"
#include "shipment.h"

void sent_image_release(struct sent_image *sent)
{
	free(sent->id);
}

struct sending {
	struct engine *engine;
	struct shipment shipment;
	const struct monitor *monitor;
	unsigned step;
	uint64_t total, done;
	const struct byte_source *source; /* what is counted */
};

static void sending_release(struct sending *sending)
{
	shipment_release(&sending->shipment);
}

static int produce_counted(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err)
{
	struct sending *sending = data;

	if (sending->source->produce(sending->source->data, buffer, size, ret_len, err) < 0)
		return -1;
	sending->done += *ret_len;
	monitor_transfer(sending->monitor, sending->step, "sending", sending->shipment.name,
			 sending->done < sending->total ? sending->done : sending->total,
			 sending->total);
	return 0;
}

static int load(struct sending *sending, struct err *err)
{
	struct piped_source *pipe = NULL;
	struct byte_source source;
	const struct byte_source counted = { .produce = produce_counted, .data = sending };
	int status = 0;

	if (piped_source_new(shipment_write, &sending->shipment, &pipe, err) < 0)
		return -1;
	source = piped_source_bytes(pipe);
	sending->source = &source;
	sending->total = shipment_size(&sending->shipment);
	sending->done = 0;
	status = board_image_load(sending->engine, &counted, err);
	return piped_source_finish(pipe, status, err);
}

/* Only an engine that refused what it got; not a line that broke. */
static bool is_refusal(const struct err *err)
{
	return err && err->kind != ERR_NETWORK && err->kind != ERR_CANCELLED;
}

static bool has_image(struct engine *engine, const char *id)
{
	json_t *image = NULL;

	if (board_image_inspect(engine, id, &image, NULL) < 0)
		return false;
	json_decref(image);
	return true;
}

/* --- an engine with layers of its own --- */

/* Docker unpacks layers of zstd since version 23; balenaEngine does not. */
static bool takes_zstd(const struct engine *engine)
{
	const struct engine_about *about = engine_about(engine);

	return str_eq(about->product, "Podman") ||
	       (str_eq(about->product, "Docker") && strtol(about->version, NULL, 10) >= 23);
}

static int convert_layers(struct sending *sending, struct err *err)
{
	const struct layer_options options = { .compression = COMPRESSION_GZIP, .clamp_mtime = -1 };
	struct shipment *shipment = &sending->shipment;

	for (size_t i = 0; i < shipment->manifest.layers.len; i++) {
		struct descriptor *layer = &shipment->manifest.layers.items[i];
		enum compression compression = COMPRESSION_GZIP;
		AUTO(layer_release) struct layer converted = { .uncompressed_size = 0 };

		if (!compression_of_media_type(layer->media_type, &compression) ||
		    compression != COMPRESSION_ZSTD || takes_zstd(sending->engine) ||
		    shipment->known[i])
			continue;
		if (layer_convert(shipment->store, layer, &shipment->config.diff_ids.items[i],
				  &options, sending->monitor, &converted, err) < 0)
			return -1;
		descriptor_release(layer);
		descriptor_copy(layer, &converted.blob);
	}
	return 0;
}

static int find_known_layers(struct sending *sending, struct err *err)
{
	AUTO(strvec_release) struct strvec diff_ids = STRVEC_INIT;
	size_t count = 0;

	VEC_FOREACH(diff_id, &sending->shipment.config.diff_ids)
		strvec_add(&diff_ids, diff_id->text);
	if (board_image_known_layers(sending->engine, &diff_ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && i < sending->shipment.manifest.layers.len; i++)
		sending->shipment.known[i] = true;
	return 0;
}

static int load_layers(struct sending *sending, struct err *err)
{
	if (find_known_layers(sending, err) < 0 || convert_layers(sending, err) < 0)
		return -1;
	if (load(sending, err) == 0)
		return 0;
	if (!is_refusal(err) || !shipment_make_whole(&sending->shipment))
		return -1;
	err_clear(err);
	return convert_layers(sending, err) < 0 ? -1 : load(sending, err);
}

/* --- an engine that keeps blobs --- */

static void leave_out_layers_of(struct shipment *shipment, const struct manifest *other)
{
	VEC_FOREACH(layer, &other->layers) {
		for (size_t i = 0; i < shipment->manifest.layers.len; i++) {
			const struct digest *digest = &shipment->manifest.layers.items[i].digest;

			if (digest_equal(digest, &layer->digest))
				shipment->known[i] = true;
		}
	}
}

/*
 * An image that the engine has is there with all of its blobs. Which they are says its manifest, if that is known here, as it
 * is of all that were sent from here.
 */
static int find_known_blobs(struct sending *sending, struct err *err)
{
	AUTO(strvec_release) struct strvec ids = STRVEC_INIT;

	if (board_image_ids(sending->engine, &ids, err) < 0)
		return -1;
	VEC_FOREACH(id, &ids) {
		AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
		AUTO(str_release) struct str text = STR_INIT;
		struct digest digest;

		if (digest_parse(*id, &digest, NULL) == 0 &&
		    store_read_blob(sending->shipment.store, &digest, LIMIT_MANIFEST, &text,
				    NULL) == 0 &&
		    manifest_parse(str_span(&text), NULL, &manifest, NULL) == 0)
			leave_out_layers_of(&sending->shipment, &manifest);
	}
	return 0;
}

static int load_once(struct sending *sending, struct err *err)
{
	if (load(sending, err) == 0)
		return 0;
	/* It may be there, but not unpacked: the next deployment would believe in it. */
	if (is_refusal(err))
		(void)!board_image_remove(sending->engine, sending->shipment.target->digest.text,
					  NULL);
	return -1;
}

static int load_layout(struct sending *sending, struct err *err)
{
	if (find_known_blobs(sending, err) < 0)
		return -1;
	if (load_once(sending, err) == 0)
		return 0;
	if (!is_refusal(err) || !shipment_make_whole(&sending->shipment))
		return -1;
	err_clear(err);
	return load_once(sending, err);
}

/* --- all of it --- */

static int send_image(struct sending *sending, struct sent_image *ret, struct err *err)
{
	struct shipment *shipment = &sending->shipment;
	struct engine *engine = sending->engine;

	ret->id = xstrdup(shipment->manifest.config.digest.text);
	if (has_image(engine, ret->id))
		return board_image_tag(engine, ret->id, shipment->name, err);
	if (engine_keeps_blobs(engine, &shipment->is_layout, err) < 0)
		return -1;
	if (!shipment->is_layout)
		return load_layers(sending, err);
	free(ret->id);
	ret->id = xstrdup(shipment->target->digest.text);
	if (!has_image(engine, ret->id) && load_layout(sending, err) < 0)
		return -1;
	return board_image_tag(engine, ret->id, shipment->name, err);
}

int board_send_image(struct engine *engine, struct store *store, const struct descriptor *manifest,
		     const char *name, const struct monitor *monitor, unsigned step,
		     struct sent_image *ret, struct err *err)
{
	AUTO(sending_release)
	struct sending sending = {
		.engine = engine,
		.shipment = { .store = store, .target = manifest, .name = name },
		.monitor = monitor,
		.step = step,
	};

	if (shipment_open(&sending.shipment, err) < 0)
		return -1;
	ret->whole_bytes = shipment_size(&sending.shipment);
	if (send_image(&sending, ret, err) < 0)
		return -1;
	/* An archive's own frame does not count. */
	ret->bytes = sending.done < ret->whole_bytes ? sending.done : ret->whole_bytes;
	return 0;
}
