#include "status.hpp"

#include <fstream>
#include <sstream>

std::optional<Status> read_status(std::istream& uptime, std::istream& loadavg, std::istream& meminfo)
{
    Status status;
    std::string key, unit;
    long kib = 0;

    if (!(uptime >> status.uptime) || !(loadavg >> status.load))
        return std::nullopt;
    while (meminfo >> key >> kib) {
        std::getline(meminfo, unit);
        if (key == "MemAvailable:") {
            status.available_mib = kib / 1024;
            return status;
        }
    }
    return std::nullopt;
}

std::optional<Status> current_status()
{
    std::ifstream uptime("/proc/uptime"), loadavg("/proc/loadavg"), meminfo("/proc/meminfo");

    return read_status(uptime, loadavg, meminfo);
}

std::string to_page(const Status& status)
{
    std::ostringstream page;

    page << "<!doctype html><meta http-equiv=\"refresh\" content=\"5\"><title>Board</title>\n"
         << "<h1>up " << static_cast<long>(status.uptime) << " s</h1>\n"
         << "<p>load " << status.load << ", " << status.available_mib << " MiB of memory left</p>\n";
    return page.str();
}
