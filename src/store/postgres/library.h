/* SPDX-License-Identifier: Apache-2.0 */
/* libpq, brought in when a PostgreSQL store is opened: it and what it needs
 * would lengthen every start, and most servers keep their store embedded. */
#pragma once

#include <libpq-fe.h>

/* clang-format off */
#define POSTGRES_SYMBOLS(SYMBOL)                                               \
	SYMBOL(PQconnectdbParams) SYMBOL(PQfinish) SYMBOL(PQstatus)            \
	SYMBOL(PQerrorMessage) SYMBOL(PQsocket) SYMBOL(PQsetnonblocking)       \
	SYMBOL(PQenterPipelineMode) SYMBOL(PQsendPrepare)                      \
	SYMBOL(PQsendQueryPrepared) SYMBOL(PQsendQueryParams)                  \
	SYMBOL(PQpipelineSync) SYMBOL(PQflush) SYMBOL(PQconsumeInput)          \
	SYMBOL(PQisBusy) SYMBOL(PQgetResult) SYMBOL(PQclear)                   \
	SYMBOL(PQresultStatus) SYMBOL(PQresultErrorField) SYMBOL(PQcmdTuples)  \
	SYMBOL(PQcmdStatus) SYMBOL(PQntuples) SYMBOL(PQnfields)                \
	SYMBOL(PQftype) SYMBOL(PQgetisnull) SYMBOL(PQgetvalue)                 \
	SYMBOL(PQgetlength) SYMBOL(PQsetNoticeReceiver)                       \
	SYMBOL(PQparameterStatus) SYMBOL(PQconninfoParse)                      \
	SYMBOL(PQconninfoFree) SYMBOL(PQfreemem) SYMBOL(PQhost) SYMBOL(PQport) \
	SYMBOL(PQdb) SYMBOL(PQsslInUse)
/* clang-format on */

/* Each function of the library under its own name. */
struct postgres_library {
#define POSTGRES_DECLARE(name) __typeof__(&name) name;
	POSTGRES_SYMBOLS(POSTGRES_DECLARE)
#undef POSTGRES_DECLARE
	/* As PQpipelineSync, but sends nothing yet; NULL before version 17. */
	int (*PQsendPipelineSync)(PGconn *pg);
};

/* NULL when the machine has no libpq that knows pipelines (14 and later).
 * Thread-safe; it stays until the process ends. */
const struct postgres_library *postgres_library_open(void);
