#include "server.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t is_stopping = 0;

class Socket {
public:
    explicit Socket(int fd) : fd_(fd) {}
    ~Socket()
    {
        if (fd_ >= 0)
            close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

private:
    int fd_;
};

void check(bool ok, const char* what)
{
    if (!ok)
        throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address_of(in_addr_t host, int port)
{
    sockaddr_in address{};

    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(host);
    return address;
}

// Process 1 gets no signal that it has not asked for; without SA_RESTART, accept(2) returns because of it.
void catch_signals()
{
    struct sigaction action{};

    action.sa_handler = [](int) { is_stopping = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void answer(int fd, const std::string& page)
{
    const timeval patience{2, 0};
    char request[2048];
    std::string text = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(page.size()) + "\r\n\r\n" + page;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (recv(fd, request, sizeof(request), 0) > 0)
        (void)!write(fd, text.data(), text.size());
}

}  // namespace

void serve(int port, const std::function<std::string()>& make_page)
{
    const Socket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = address_of(INADDR_ANY, port);
    const int on = 1;

    catch_signals();
    check(listener.fd() >= 0, "socket");
    setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    check(bind(listener.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "bind");
    check(listen(listener.fd(), 16) == 0, "listen");
    while (!is_stopping) {
        const Socket client(accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));

        if (client.fd() >= 0)
            answer(client.fd(), make_page());
    }
}

bool answers(int port)
{
    const Socket client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = address_of(INADDR_LOOPBACK, port);
    const std::string request = "GET / HTTP/1.0\r\n\r\n";
    const timeval patience{2, 0};
    char start[16];

    setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
           write(client.fd(), request.data(), request.size()) > 0 && recv(client.fd(), start, sizeof(start), 0) > 0;
}
