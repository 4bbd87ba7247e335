/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, brought in when something is fetched for the first time: it and what
 * it needs would take 4 MiB of every server, and few tenants fetch anything. */
#pragma once

#include <curl/curl.h>

struct fetch_library {
	CURL *(*init)(void);
	CURLcode (*set)(CURL *curl, CURLoption option, ...);
	CURLcode (*perform)(CURL *curl);
	CURLcode (*ask)(CURL *curl, CURLINFO info, ...);
	void (*cleanup)(CURL *curl);
};

/* NULL, with an event, when the machine has no libcurl. Thread-safe; it stays
 * until the process ends. */
const struct fetch_library *fetch_library_open(void);
