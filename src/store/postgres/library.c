/* SPDX-License-Identifier: Apache-2.0 */
/* Brings libpq in by dlopen(3), once. */
#include "store/postgres/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/outcome.h"

#define LIBRARY_FILE "libpq.so.5"

static struct postgres_library library;
static bool is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
	const char *name;
	void *at; /* of the pointer to the function */
} symbols[] = {
#define POSTGRES_NAME(name) {#name, &library.name},
	POSTGRES_SYMBOLS(POSTGRES_NAME)
#undef POSTGRES_NAME
};

static bool find(void *opened, const char *name, void *at)
{
	void *found = dlsym(opened, name);

	memcpy(at, &found, sizeof(found));
	return found != NULL;
}

static void open_library(void)
{
	void *opened = dlopen(LIBRARY_FILE, RTLD_NOW | RTLD_LOCAL);

	if (opened == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(symbols); i++)
		if (!find(opened, symbols[i].name, symbols[i].at))
			return;
	(void)find(opened, "PQsendPipelineSync", &library.PQsendPipelineSync);
	is_open = true;
}

const struct postgres_library *postgres_library_open(void)
{
	if (pthread_once(&once, open_library) != 0 || !is_open)
		return NULL;
	return &library;
}
