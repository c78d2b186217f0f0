/*
 * Requests and answers for people who look for a fault: secrets masked. Debug area "registry", or
 * --verbose.
 */
#ifndef REGISTRY_TRACE_H
#define REGISTRY_TRACE_H

#include "registry.h"

void trace_request(const struct registry *registry, const struct http_request *request);
void trace_answer(const struct registry *registry, const struct http_request *request);

#endif
