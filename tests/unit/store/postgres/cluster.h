/* SPDX-License-Identifier: Apache-2.0 */
/* A PostgreSQL of the tests' own: in a folder of its own, on a Unix socket, as
 * a user without privileges, gone with the test. */
#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include "suite.h"

struct cluster {
	char folder[64]; /* the socket is in it; "" when it is another's */
	char dsn[256]; /* a superuser's */
	pid_t pid; /* 0: it does not run */
	uid_t uid; /* whom it runs as; 0: as we do */
	gid_t gid;
};

/* Makes and starts one; `settings` are "name=value" up to a NULL. */
void cluster_create(struct cluster *cluster, const char *const *settings);
/* One that runs already, and goes on when the test has ended. */
void cluster_meet(struct cluster *cluster, const char *dsn);
void cluster_start(struct cluster *cluster, const char *const *settings);
/* SIGINT: sessions end; SIGQUIT: as a crash. */
void cluster_stop(struct cluster *cluster, int signal);
/* Stops it and removes its folder; another's is left alone. */
void cluster_remove(struct cluster *cluster);

/* A superuser's session; to be ended by PQfinish. */
PGconn *cluster_connect(const struct cluster *cluster);
/* Runs SQL in a session of its own that must succeed. */
void cluster_run(const struct cluster *cluster, const char *sql);
/* The first column of the first row; "" without one. */
void cluster_ask(const struct cluster *cluster, const char *sql, char *answer,
		 size_t size);
/* Runs a program of PostgreSQL's as the cluster's user; it must succeed. */
void cluster_run_program(const struct cluster *cluster, const char *name,
			 const char *const *arguments);
