/*
 * libgit2 1.5 does not free what PCRE2 allocates for a match that finds nothing; LeakSanitizer shall look for our
 * own leaks. Read by the sanitizer's run-time library, if there is one.
 */
#ifndef GIT_LEAKS_H
#define GIT_LEAKS_H

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2-8.so\nleak:pcre2_match\n";
}

#endif
