/*
 * What is remembered of an upload that is under way, so that another run of edgectl can go on with
 * it: one file for each in the store's directory "uploads", readable by its owner only, since a
 * Location is all that it takes to write into the upload. The file is locked while it is in use.
 */
#ifndef REGISTRY_UPLOAD_RECORD_H
#define REGISTRY_UPLOAD_RECORD_H

#include <stdint.h>

#include "image/digest.h"
#include "image/store.h"

struct upload_record;

/*
 * The record of one blob on its way to one repository. NULL when none can be kept, which harms
 * nobody: another process sends the same blob, or the disk is full.
 */
struct upload_record *upload_record_open(struct store *store, const char *host,
					 const char *repository, const struct digest *digest);
void upload_record_freep(struct upload_record **record);
/* Where an earlier run left off; NULL = nowhere, or too long ago. Borrowed until the next change. */
const char *upload_record_location(const struct upload_record *record);
/* What was learned there about the size of a part; 0 = nothing. */
uint64_t upload_record_part_limit(const struct upload_record *record);

struct upload_place {
	const char *location;
	uint64_t offset;     /* what the registry said it has */
	uint64_t part_limit; /* bytes that it takes at once; 0 = any number */
};

/* A NULL record is fine here and below. */
void upload_record_save(struct upload_record *record, const struct upload_place *place);
/* The upload is over, or lost. */
void upload_record_drop(struct upload_record *record);
/* Removes all that are too old, of every registry. */
void upload_records_sweep(struct store *store);

#endif
