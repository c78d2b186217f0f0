#include "app.h"
#include "sandbox/sandbox.h"

int main(int argc, char **argv)
{
	sandbox_program_begin(argc, argv);
	return app_main(argc, argv);
}
