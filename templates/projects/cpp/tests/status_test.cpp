#include "status.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            std::cerr << __FILE__ << ':' << __LINE__ << ": " << #condition << '\n';        \
            std::exit(1);                                                                  \
        }                                                                                  \
    } while (0)

static std::optional<Status> read_texts(const char* uptime, const char* loadavg, const char* meminfo)
{
    std::istringstream a(uptime), b(loadavg), c(meminfo);

    return read_status(a, b, c);
}

int main()
{
    const auto status = read_texts("3600.42 7000.00\n", "0.25 0.10 0.05 1/99 1234\n",
                                   "MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n");

    CHECK(status);
    CHECK(status->available_mib == 512);
    CHECK(to_page(*status).find("up 3600 s") != std::string::npos);
    CHECK(to_page(*status).find("load 0.25, 512 MiB") != std::string::npos);
    CHECK(!read_texts("what?\n", "0.25\n", "MemAvailable: 1 kB\n"));
    CHECK(!read_texts("1 1\n", "0.25\n", "MemTotal: 1 kB\n"));
    return 0;
}
