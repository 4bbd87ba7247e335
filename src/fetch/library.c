/* SPDX-License-Identifier: Apache-2.0 */
/* Brings libcurl in by dlopen(3), once. */
#include "fetch/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/event.h"

#define LIBRARY_FILE "libcurl.so.4"

static struct fetch_library library;
static CURLcode (*initialise)(long flags);
static bool is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
	const char *name;
	void *at; /* of the pointer to the function */
} symbols[] = {
	{"curl_global_init", &initialise},
	{"curl_easy_init", &library.init},
	{"curl_easy_setopt", &library.set},
	{"curl_easy_perform", &library.perform},
	{"curl_easy_getinfo", &library.ask},
	{"curl_easy_cleanup", &library.cleanup},
};

static bool find_all(void *opened)
{
	for (size_t i = 0; i < COUNT_OF(symbols); i++) {
		void *found = dlsym(opened, symbols[i].name);

		if (found == NULL)
			return false;
		memcpy(symbols[i].at, &found, sizeof(found));
	}
	return true;
}

static void open_library(void)
{
	void *opened = dlopen(LIBRARY_FILE, RTLD_NOW | RTLD_LOCAL);

	is_open = opened != NULL && find_all(opened) &&
		  initialise(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	if (!is_open)
		event_fault("fetch.no_library",
			    "%s, of the package libcurl4, cannot be used: "
			    "nothing is fetched",
			    LIBRARY_FILE);
}

const struct fetch_library *fetch_library_open(void)
{
	if (pthread_once(&once, open_library) != 0 || !is_open)
		return NULL;
	return &library;
}
