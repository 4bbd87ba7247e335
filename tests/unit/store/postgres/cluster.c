/* SPDX-License-Identifier: Apache-2.0 */
/* Makes, starts and stops a PostgreSQL for tests. */
#include "store/postgres/cluster.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outcome.h"

#define ARGUMENT_COUNT_MAX 64
#define READY_WITHIN_MS 30000

/* The programs' folder: $LICET_POSTGRES, or the newest of Debian's packages. */
static void find_program(const char *name, char *path, size_t size)
{
	const char *folder = getenv("LICET_POSTGRES");
	glob_t found;

	if (folder != NULL) {
		(void)snprintf(path, size, "%s/%s", folder, name);
		return;
	}
	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		fail_msg("there is no PostgreSQL: install postgresql");
	(void)snprintf(path, size, "%s/%s", found.gl_pathv[found.gl_pathc - 1],
		       name);
	globfree(&found);
}

/* initdb and postgres decline to run as root. */
static void find_user(struct cluster *cluster)
{
	const struct passwd *user;

	if (getuid() != 0)
		return;
	user = getpwnam("postgres");
	if (user == NULL)
		user = getpwnam("nobody");
	assert_non_null(user);
	cluster->uid = user->pw_uid;
	cluster->gid = user->pw_gid;
}

static _Noreturn void become(const struct cluster *cluster, const char *path,
			     char **arguments)
{
	char log[128];
	int fd;

	(void)snprintf(log, sizeof(log), "%s/log", cluster->folder);
	if (cluster->uid != 0 &&
	    (setgroups(0, NULL) != 0 || setgid(cluster->gid) != 0 ||
	     setuid(cluster->uid) != 0))
		_exit(126);
	/* After the change of user, which would clear it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 ||
	    chdir(cluster->folder) != 0)
		_exit(125);
	(void)execv(path, arguments);
	_exit(127);
}

static pid_t start(const struct cluster *cluster, const char *name,
		   const char *const *arguments)
{
	char path[256];
	char *all[ARGUMENT_COUNT_MAX] = {path};
	pid_t pid;

	find_program(name, path, sizeof(path));
	for (size_t i = 0; arguments[i] != NULL; i++) {
		MUST(i + 2 < ARGUMENT_COUNT_MAX);
		all[i + 1] = (char *)arguments[i];
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		become(cluster, path, all);
	return pid;
}

static void fail_with_log(const struct cluster *cluster, const char *what)
{
	char path[128];
	char text[4096] = "";
	FILE *log;

	(void)snprintf(path, sizeof(path), "%s/log", cluster->folder);
	log = fopen(path, "re");
	if (log != NULL) {
		(void)!fread(text, 1, sizeof(text) - 1, log);
		(void)fclose(log);
	}
	fail_msg("%s failed:\n%s", what, text);
}

void cluster_run_program(const struct cluster *cluster, const char *name,
			 const char *const *arguments)
{
	pid_t pid = start(cluster, name, arguments);
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_with_log(cluster, name);
}

/* --- Starting and stopping ------------------------------------------------ */

/* The last line of its postmaster.pid. */
static bool is_ready(const struct cluster *cluster)
{
	char path[128];
	char text[512] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/data/postmaster.pid",
		       cluster->folder);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	(void)!fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	return strstr(text, "ready") != NULL;
}

static void wait_until_ready(struct cluster *cluster)
{
	for (int waited = 0; waited < READY_WITHIN_MS; waited += 10) {
		if (is_ready(cluster))
			return;
		if (waitpid(cluster->pid, NULL, WNOHANG) != 0) {
			cluster->pid = 0;
			break;
		}
		(void)usleep(10000);
	}
	fail_with_log(cluster, "postgres");
}

void cluster_start(struct cluster *cluster, const char *const *settings)
{
	const char *arguments[ARGUMENT_COUNT_MAX] = {
		"-D", "data",
		"-k", cluster->folder,
		"-c", "listen_addresses=",
		"-c", "max_connections=250"};
	size_t count = 8;

	for (; *settings != NULL; settings++) {
		arguments[count++] = "-c";
		arguments[count++] = *settings;
	}
	cluster->pid = start(cluster, "postgres", arguments);
	wait_until_ready(cluster);
}

void cluster_create(struct cluster *cluster, const char *const *settings)
{
	static const char *const initdb[] = {"-D",	  "data", "-U",
					     "licet",	  "-A",	  "trust",
					     "-E",	  "UTF8", "--no-locale",
					     "--no-sync", NULL};

	*cluster = (struct cluster){0};
	(void)snprintf(cluster->folder, sizeof(cluster->folder),
		       "/tmp/licet-postgres-XXXXXX");
	assert_non_null(mkdtemp(cluster->folder));
	(void)snprintf(cluster->dsn, sizeof(cluster->dsn),
		       "host=%s user=licet dbname=postgres", cluster->folder);
	find_user(cluster);
	if (cluster->uid != 0)
		assert_int_equal(
			chown(cluster->folder, cluster->uid, cluster->gid), 0);
	cluster_run_program(cluster, "initdb", initdb);
	cluster_start(cluster, settings);
}

void cluster_meet(struct cluster *cluster, const char *dsn)
{
	*cluster = (struct cluster){0};
	assert_true(strlen(dsn) < sizeof(cluster->dsn));
	(void)snprintf(cluster->dsn, sizeof(cluster->dsn), "%s", dsn);
}

void cluster_stop(struct cluster *cluster, int signal)
{
	int status;

	if (cluster->pid == 0)
		return;
	assert_int_equal(kill(cluster->pid, signal), 0);
	assert_int_equal(waitpid(cluster->pid, &status, 0), cluster->pid);
	cluster->pid = 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
		      struct FTW *place)
{
	return remove(path);
}

void cluster_remove(struct cluster *cluster)
{
	cluster_stop(cluster, SIGQUIT);
	if (cluster->folder[0] != '\0')
		(void)nftw(cluster->folder, remove_one, 16,
			   FTW_DEPTH | FTW_PHYS);
}

/* --- Asking --------------------------------------------------------------- */

PGconn *cluster_connect(const struct cluster *cluster)
{
	PGconn *pg = PQconnectdb(cluster->dsn);

	if (PQstatus(pg) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(pg));
	return pg;
}

static PGresult *run_in(PGconn *pg, const char *sql)
{
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	return result;
}

void cluster_ask(const struct cluster *cluster, const char *sql, char *answer,
		 size_t size)
{
	PGconn *pg = cluster_connect(cluster);
	PGresult *result = run_in(pg, sql);

	(void)snprintf(answer, size, "%s",
		       PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(pg);
}

void cluster_run(const struct cluster *cluster, const char *sql)
{
	PGconn *pg = cluster_connect(cluster);

	PQclear(run_in(pg, sql));
	PQfinish(pg);
}
