/* Says hello, and which machine it runs on: proof that the image was built for that machine. */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname machine;

	if (uname(&machine) != 0) {
		perror("uname");
		return 1;
	}
	printf("Hello from edgectl! This is %s, a machine of %zu bits.\n", machine.machine,
	       8 * sizeof(void *));
	return 0;
}
