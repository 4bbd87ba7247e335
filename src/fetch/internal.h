/* SPDX-License-Identifier: Apache-2.0 */
/* What the door's own files share. */
#pragma once

#include <pthread.h>

#include "fetch/fetch.h"
#include "loop/worker.h"

#define DOCUMENT_COUNT_MAX 256

struct document {
	char *uri; /* NULL: free */
	size_t uri_size;
	char *body; /* NULL: never fetched */
	size_t body_size;
	instant fetched_at;
	instant tried_at;
	instant renewed_at; /* tried again, though a body was kept */
	bool is_fetching; /* somebody is at it */
	unsigned int waiting_count; /* who came since and waits for that */
};

struct fetch {
	struct guard guard;
	const char *ca_file;
	struct worker_pool *workers;
	pthread_mutex_t lock; /* of the documents */
	struct document documents[DOCUMENT_COUNT_MAX];
};

/* Why fetch_get refused, when nobody was asked. */
extern const char fetch_is_busy[];
