#include "app.h"
#include "command.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "device/address_book.h"

struct ssh_args {
	struct strvec words; /* DEVICE [COMMAND...] */
};

static int ssh_command_run(struct app *app, const void *args_data, struct err *err)
{
	const struct ssh_args *args = args_data;
	AUTO(device_address_release) struct device_address address = DEVICE_ADDRESS_INIT;
	AUTO(strvec_release) struct strvec argv = STRVEC_INIT;

	(void)app;
	if (device_resolve(args->words.items[0], &address, err) < 0)
		return -1;
	if (address.transport != DEVICE_SSH)
		return err_set(err, ERR_USAGE, "board '%s' is not reached by ssh",
			       args->words.items[0]);
	strvec_add(&argv, "ssh");
	if (address.port)
		strvec_addf(&argv, "-p%u", address.port);
	if (address.user)
		strvec_addf(&argv, "-l%s", address.user);
	strvec_add(&argv, "--");
	strvec_add(&argv, address.host);
	for (size_t i = 1; i < args->words.len; i++)
		strvec_add(&argv, args->words.items[i]);
	(void)execvp("ssh", strvec_argv(&argv));
	(void)err_errno(err, "run 'ssh'");
	return err_hint(err, "apt-get install openssh-client");
}

static const struct cli_option ssh_options[] = {
	OPTION_OPERANDS(struct ssh_args, words, "DEVICE [COMMAND]", VALUE_DEVICE, 1, 0,
			.command_at = 1),
	OPTION_END,
};

const struct cli_command cmd_device_ssh = {
	.name = "device ssh",
	.group = GROUP_DEVICE,
	.summary = "Log in to a board",
	.details = "The system's ssh, with its configuration, keys and known hosts.",
	.options = ssh_options,
	.args_size = sizeof(struct ssh_args),
	.run = ssh_command_run,
};
