/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands do; list.c says how they are called. */
#pragma once

#include "cli/command.h"

/* Each returns the exit status and has told whoever called what went wrong. */
int cli_demo(const struct command_line *line);
int cli_serve(const struct command_line *line);
int cli_config_check(const struct command_line *line);
int cli_import(const struct command_line *line);
int cli_size(const struct command_line *line);
int cli_backup(const struct command_line *line);
int cli_cluster_fill(const struct command_line *line);
int cli_cluster_status(const struct command_line *line);
int cli_store_restored(const struct command_line *line);
int cli_store_copy(const struct command_line *line);
int cli_key_list(const struct command_line *line);
int cli_key_rotate(const struct command_line *line);
int cli_key_master(const struct command_line *line);
int cli_explain(const struct command_line *line);
int cli_version(const struct command_line *line);
