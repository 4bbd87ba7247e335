/* SPDX-License-Identifier: Apache-2.0 */
/* What a process has used up, as the kernel accounts for it (proc(5)). */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

#define PATH_SIZE 512

/* The scheduler's own count: nanoseconds on a CPU, in user and kernel mode. */
static int64_t cpu_of_thread(int pid, const char *thread)
{
	char path[PATH_SIZE];
	long long ns = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, thread);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%lld", &ns) != 1)
		ns = 0;
	fclose(file);
	return ns;
}

static bool read_cpu(int pid, struct load_account *account)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	if (folder == NULL)
		return false;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			account->cpu_ns += cpu_of_thread(pid, entry->d_name);
	closedir(folder);
	return true;
}

static bool read_memory(int pid, struct load_account *account)
{
	char path[PATH_SIZE];
	char line[PATH_SIZE];
	long long kib;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "VmHWM: %lld", &kib) == 1)
			account->peak_kib = kib;
		else if (sscanf(line, "VmRSS: %lld", &kib) == 1)
			account->resident_kib = kib;
		else if (sscanf(line, "RssAnon: %lld", &kib) == 1)
			account->private_kib = kib;
	}
	fclose(file);
	return true;
}

bool load_account_read(int pid, struct load_account *account_out)
{
	*account_out = (struct load_account){.cpu_ns = 0};
	return read_cpu(pid, account_out) && read_memory(pid, account_out);
}

void load_account_forget_peak(int pid)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	file = fopen(path, "we");
	if (file == NULL)
		return;
	/* "5" resets the high-water mark (proc(5)). */
	fputs("5", file);
	fclose(file);
}
